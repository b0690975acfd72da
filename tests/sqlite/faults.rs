//! Kills, full disks, locks and broken files: the database is as it was, or whole.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use millstream::prelude::*;

use crate::support::{Order, Shop, failed, failed_in, order, ran};

/// How many items a whole run writes.
const ALL: u32 = 6000;

const PATH: &str = "MILLSTREAM_TEST_SQLITE_PATH";
const EVERY: &str = "MILLSTREAM_TEST_SQLITE_EVERY";
const STOP: &str = "MILLSTREAM_TEST_SQLITE_STOP";

fn items() -> impl Iterator<Item = Order> {
    (1..=ALL).map(|n| Order { note: Some("x".repeat(1000)), ..order(n, "a", f64::from(n)) })
}

/// Writes all items; at item `stop` it waits to be killed.
fn write(path: &Path, every: u64, stop: u32) -> millstream::Result<()> {
    let wait = |order: &Order| {
        if order.id == stop {
            println!("\nstopped");
            // The parent has the other end.
            let _ = std::io::stdin().read_line(&mut String::new());
        }
    };
    if every == 0 {
        pipeline!(from_iter(items()) | inspect(wait) | sqlite(path, table = "orders", create = true)).run()?;
    } else {
        pipeline!(from_iter(items()) | inspect(wait) | sqlite(path, table = "orders", create = true, every = every))
            .run()?;
    }
    Ok(())
}

/// Not a test of its own: what the other tests start as a process. Without its variables it does nothing.
#[test]
fn child() {
    let Some(path) = env::var_os(PATH).map(PathBuf::from) else { return };
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    match write(&path, number(EVERY).into(), number(STOP)) {
        Ok(()) => println!("\ndone"),
        Err(error) => println!("\nfailed: {error}"),
    }
}

fn start(mut command: Command, path: &Path, every: u32, stop: u32) -> Child {
    command.args(["--exact", "faults::child", "--nocapture", "--test-threads=1"]);
    command.env(PATH, path).env(EVERY, every.to_string()).env(STOP, stop.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// The line with which a child says how it is.
fn said(child: &mut Child) -> String {
    use std::io::{BufRead, BufReader};
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut lines = lines.filter(|line| ["stopped", "done", "failed"].iter().any(|word| line.starts_with(word)));
    lines.next().unwrap_or_default()
}

fn killed(shop: &Shop, every: u32, stop: u32) {
    let mut child = start(Command::new(env::current_exe().unwrap()), &shop.path, every, stop);
    assert_eq!(said(&mut child), "stopped");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_run_that_was_killed_left_nothing_and_the_next_one_is_complete() {
    // At the first item, and after a step, so that pages were written to the file already.
    for stop in [1, ALL] {
        let shop = Shop::none();
        killed(&shop, 0, stop);
        let there = shop.path.exists();
        assert!(there, "it was at work");
        assert!(stop == 1 || fs::metadata(&shop.path).unwrap().len() > 100_000, "pages were written");
        assert_eq!(shop.rows("select name from sqlite_schema"), Vec::<String>::new());
        write(&shop.path, 0, 0).unwrap();
        assert_eq!(shop.rows("select count(*), sum(amount) from orders"), ["6000|18003000.0"]);
    }
}

#[test]
fn a_source_reads_what_a_killed_run_left_as_it_was_before() {
    let shop = Shop::none();
    ran(pipeline!(from_iter([order(1, "old", 1.0)]) | sqlite(&shop.path, table = "orders", create = true)).run());
    killed(&shop, 0, ALL);
    assert!(fs::metadata(&shop.path).unwrap().len() > 100_000, "pages were written");
    let read = pipeline!(sqlite::<Order>(&shop.path, table = "orders") | map(|order| order.buyer) | collect());
    assert_eq!(ran(read.run()).output, ["old"]);
}

#[test]
fn batches_of_a_killed_run_stay_and_the_next_one_doubles_nothing() {
    let shop = Shop::none();
    killed(&shop, 1000, 2500);
    assert_eq!(shop.count("orders"), 2000);
    write(&shop.path, 1000, 0).unwrap();
    assert_eq!(shop.rows("select count(*), sum(amount) from orders"), ["6000|18003000.0"]);
}

/// A child whose files cannot grow beyond so many blocks of 512 bytes.
#[cfg(unix)]
fn limited(blocks: u32) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    command.arg(env::current_exe().unwrap());
    command
}

#[cfg(unix)]
#[test]
fn a_full_disk_fails_the_run_and_leaves_the_table_as_it_was() {
    let shop = Shop::none();
    ran(pipeline!(from_iter([order(1, "old", 1.0)]) | sqlite(&shop.path, table = "orders", create = true)).run());
    let whole = fs::read(&shop.path).unwrap();
    // It is full in the first step, in the last, and in the first batch.
    for (every, blocks) in [(0, 200), (0, 12_000), (500, 200)] {
        let mut child = start(limited(blocks), &shop.path, every, 0);
        let said = said(&mut child);
        child.wait().unwrap();
        assert!(said.starts_with("failed: stage `sqlite`") && said.contains("cannot write "), "{said}");
        assert_eq!(shop.rows("select buyer from orders"), ["'old'"], "{said}");
        assert_eq!(fs::read(&shop.path).unwrap(), whole);
        assert_eq!(shop.files(), ["shop.db"]);
    }
    write(&shop.path, 0, 0).unwrap();
    assert_eq!(shop.count("orders"), u64::from(ALL));
}

#[test]
fn a_database_that_another_writes_to_is_an_error_that_says_so() {
    let shop = Shop::of("create table orders (id integer primary key, buyer text, amount real, note text)");
    let other = shop.connect();
    other.execute_batch("begin immediate").unwrap();
    let write = || {
        pipeline!(
            from_iter([order(1, "a", 1.0)]) | sqlite(&shop.path, table = "orders", busy_timeout = "20ms").or_skip()
        )
        .run()
    };
    let locked = "cannot write shop.db: another connection has locked it, for more than 20ms; close that connection, or wait \
                  longer with `busy_timeout = \"30s\"`";
    assert_eq!(failed_in(&shop, write()), format!("stage `sqlite`: {locked}"));
    other.execute_batch("commit; begin; select * from orders").unwrap();
    // A reader keeps the file from being changed; that is known before anything is in place.
    let file = shop.file("out.csv");
    let error = failed_in(
        &shop,
        pipeline!(
            from_iter([order(1, "a", 1.0)])
                | tee(csv(&file), sqlite(&shop.path, table = "orders", busy_timeout = "20ms"))
        )
        .run(),
    );
    assert_eq!(error, format!("stage `sqlite`: {locked}"));
    assert!(!file.exists());
    other.execute_batch("commit").unwrap();
    assert_eq!(shop.count("orders"), 0);
    ran(write());
    assert_eq!(shop.count("orders"), 1);
}

#[test]
fn a_reader_that_does_not_end_fails_a_run_that_must_write_to_the_file() {
    let shop = Shop::of("create table orders (id integer primary key, buyer text, amount real, note text)");
    let other = shop.connect();
    other.execute_batch("begin; select * from orders").unwrap();
    let write = |rows: u32| {
        let items = (1..=rows).map(|n| order(n, "a", 1.0));
        pipeline!(from_iter(items) | sqlite(&shop.path, table = "orders", busy_timeout = 20).or_skip()).run()
    };
    let error = failed_in(&shop, write(20_000));
    assert!(error.starts_with("stage `sqlite` at item 4096 of from_iter: cannot write shop.db: another"), "{error}");
    // In a write-ahead log nobody is in the way.
    other.execute_batch("commit; pragma journal_mode = wal; begin; select * from orders").unwrap();
    ran(write(20_000));
    assert_eq!(shop.count("orders"), 20_000);
}

#[test]
fn between_batches_others_may_write_and_a_lock_then_fails_the_run() {
    let shop = Shop::of("create table orders (id integer primary key, buyer text, amount real, note text)");
    let other = shop.connect();
    let write = pipeline!(
        from_iter(1..=6)
            | inspect(|n| match n {
                3 => other.execute_batch("insert into orders values (100, 'other', 0.0, null)").unwrap(),
                5 => other.execute_batch("begin immediate").unwrap(),
                _ => {}
            })
            | map(|n| order(n, "a", 1.0))
            | sqlite(&shop.path, table = "orders", every = 2, busy_timeout = 20).or_skip()
    );
    let error = failed_in(&shop, write.run());
    assert!(
        error.starts_with("stage `sqlite` at item 5 of from_iter: cannot write shop.db: another connection"),
        "{error}"
    );
    other.execute_batch("rollback").unwrap();
    assert_eq!(shop.rows("select id from orders"), ["1", "2", "3", "4", "100"]);
}

#[test]
fn a_transaction_that_a_trigger_ends_fails_the_run() {
    let shop = Shop::of(
        "create table orders (id integer primary key, buyer text, amount real, note text);
         create trigger t before insert on orders when new.id = 3 begin select raise(rollback, 'all of it'); end",
    );
    let items = (1..=5).map(|n| order(n, "a", 1.0));
    let error = failed(pipeline!(from_iter(items) | sqlite(&shop.path, table = "orders").or_skip()).run());
    assert!(error.starts_with("stage `sqlite` at item 3 of from_iter: cannot write "), "{error}");
    assert!(error.ends_with("all of it"), "{error}");
    assert_eq!(shop.count("orders"), 0);
}

#[test]
fn a_constraint_that_is_looked_at_in_the_end_fails_the_run() {
    let shop = Shop::of(
        "create table notes (note text primary key);
         create table orders (id integer primary key, buyer text, amount real,
            note text references notes (note) deferrable initially deferred)",
    );
    let items = [Order { note: Some("x".to_owned()), ..order(1, "a", 1.0) }];
    let error = failed_in(&shop, pipeline!(from_iter(items) | sqlite(&shop.path, table = "orders")).run());
    assert_eq!(error, "stage `sqlite`: cannot write shop.db: FOREIGN KEY constraint failed");
    assert_eq!(shop.count("orders"), 0);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_only_read() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Shop::none();
    ran(pipeline!(from_iter([order(1, "a", 1.0)]) | sqlite(&shop.path, table = "orders", create = true)).run());
    fs::set_permissions(&shop.path, fs::Permissions::from_mode(0o444)).unwrap();
    let read = pipeline!(sqlite::<Order>(&shop.path, table = "orders") | map(|order| order.id) | collect());
    assert_eq!(ran(read.run()).output, [1]);
    // Whoever may do everything may write it.
    if fs::OpenOptions::new().write(true).open(&shop.path).is_err() {
        let write = pipeline!(from_iter([order(2, "a", 1.0)]) | sqlite(&shop.path, table = "orders").or_skip()).run();
        assert_eq!(
            failed_in(&shop, write),
            "stage `sqlite`: cannot write shop.db: attempt to write a readonly database"
        );
    }
}

/// Overwrites pages in the middle of the file.
fn break_pages(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 3 * 4096].fill(0xA5);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_broken_file_fails_the_run_whatever_the_policy() {
    let shop = Shop::none();
    write(&shop.path, 0, 0).unwrap();
    break_pages(&shop.path);
    let mut read = 0;
    let error = failed_in(
        &shop,
        pipeline!(sqlite::<Order>(&shop.path, table = "orders").or_skip() | for_each(|_| read += 1)).run(),
    );
    assert!(error.ends_with("cannot read shop.db: database disk image is malformed"), "{error}");
    assert!((100..ALL).contains(&read), "what was read before has flowed: {read}");
    let place = format!("at item {} of table `orders` of shop.db", read + 1);
    assert!(error.contains(&place), "{error}, {place}");
    let again = pipeline!(from_iter(items()) | sqlite(&shop.path, table = "orders").or_skip()).run();
    let error = failed_in(&shop, again);
    assert!(error.ends_with("cannot write shop.db: database disk image is malformed"), "{error}");
}
