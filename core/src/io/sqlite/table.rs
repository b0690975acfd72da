//! A table as the database knows it, and how it differs from a record.

use rusqlite::{Connection, OptionalExtension, Result};

use super::kind::{Affinity, Kind, is_option};
use crate::record::{Extra, Field, Schema, Variant};

/// A table, or a view.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) is_view: bool,
    pub(super) has_rowid: bool,
    pub(super) columns: Vec<Column>,
    /// The columns of the primary key, and of each unique index over all rows.
    unique: Vec<Vec<Unique>>,
}

/// A column of a unique index.
#[derive(Debug)]
struct Unique {
    column: String,
    /// How two texts of it are compared.
    collation: String,
}

/// One column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) declared: String,
    pub(super) affinity: Affinity,
    /// Its place in the primary key, from 1; 0 if it is not in it.
    pub(super) key: u32,
    /// An item that does not give it is refused.
    required: bool,
    /// It is computed from others.
    generated: bool,
}

impl Table {
    /// The table of this name; `None` if there is none.
    pub(super) fn find(db: &Connection, name: &str) -> Result<Option<Self>> {
        let sql = "SELECT type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?1 COLLATE NOCASE";
        let found = db.query_row(sql, [name], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)));
        let Some((kind, without_rowid, strict)): Option<(String, bool, bool)> = found.optional()? else {
            return Ok(None);
        };
        let mut columns = columns(db, name, strict)?;
        let keys = columns.iter().filter(|column| column.key > 0).count();
        // The one that stands for the row's number gets a value by itself.
        let mut alias = columns.iter_mut().filter(|column| column.key == 1 && column.is_integer());
        if let (1, false, Some(alias)) = (keys, without_rowid, alias.next()) {
            alias.required = false;
        }
        let unique = unique(db, name, &columns)?;
        Ok(Some(Table { is_view: kind == "view", has_rowid: kind == "table" && !without_rowid, columns, unique }))
    }

    /// The names of all tables and views, for messages.
    pub(super) fn names(db: &Connection) -> Result<Vec<String>> {
        let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' \
                   ESCAPE '\\' ORDER BY name";
        db.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    }

    /// The column of this name; as in SQL, case does not matter.
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The order in which its rows are read: by their numbers, or by the primary key where they have none. A view has its
    /// own.
    pub(super) fn order(&self) -> String {
        if self.has_rowid {
            // A column may have taken one of the names.
            let name = ["rowid", "_rowid_", "oid"].into_iter().find(|name| self.column(name).is_none());
            return name.map(|name| format!(" ORDER BY {name}")).unwrap_or_default();
        }
        let mut key: Vec<&Column> = self.columns.iter().filter(|column| column.key > 0).collect();
        key.sort_by_key(|column| column.key);
        let key: Vec<String> = key.iter().map(|column| quoted(&column.name)).collect();
        if key.is_empty() { String::new() } else { format!(" ORDER BY {}", key.join(", ")) }
    }

    /// Everything that keeps it from taking records of `schema` as they are.
    pub(super) fn differences(&self, table: &str, schema: &Schema) -> Vec<String> {
        if self.is_view {
            return vec!["it is a view; name a table".to_owned()];
        }
        let mut problems: Vec<String> = schema.fields.iter().filter_map(|field| self.misfit(field)).collect();
        for (i, field) in schema.fields.iter().enumerate() {
            let same = |other: &&Field| other.name.eq_ignore_ascii_case(field.name);
            if let Some(first) = schema.fields[..i].iter().find(same) {
                problems.push(format!("fields `{}` and `{}` are one column", first.name, field.name));
            }
        }
        let unknown =
            |column: &&Column| !schema.fields.iter().any(|field| column.name.eq_ignore_ascii_case(field.name));
        for column in self.columns.iter().filter(unknown).filter(|column| column.required) {
            let name = &column.name;
            problems.push(format!("column `{name}` is NOT NULL without a default, and the record has no such field"));
        }
        let key: Vec<&str> = key(schema).collect();
        let no_column = |name: &&str| self.column(name).is_none();
        if key.is_empty() || key.iter().any(no_column) {
            return problems;
        }
        if !self.unique_on(&key).any(|_| true) {
            let key = key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
            let (index, table) = (quoted(&format!("{table}_key")), quoted(table));
            problems.push(format!(
                "no unique index on the record's key: `CREATE UNIQUE INDEX {index} ON {table} ({key})` makes one"
            ));
        }
        problems.extend(self.collations(&key, schema));
        problems
    }

    /// Columns of the key in which texts that differ are one, so that one row would take the place of another.
    fn collations(&self, key: &[&str], schema: &Schema) -> Vec<String> {
        let is_text = |name: &str| {
            let field = schema.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
            field.is_some_and(|field| !matches!(Kind::of(field), Kind::Integer | Kind::Boolean | Kind::Real))
        };
        let differs = |unique: &&Unique| !unique.collation.eq_ignore_ascii_case("BINARY") && is_text(&unique.column);
        let mut problems: Vec<String> = Vec::new();
        for Unique { column, collation } in self.unique_on(key).flatten().filter(differs) {
            let problem = format!(
                "column `{column}` of the record's key is unique by {collation}, which takes different texts for one: make \
                 it unique by `COLLATE BINARY`"
            );
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        problems
    }

    /// Why the column of a field does not keep its values.
    fn misfit(&self, field: &Field) -> Option<String> {
        let (name, kind) = (field.name, Kind::of(field));
        let Some(column) = self.column(name) else {
            let declared = kind.declared();
            return Some(format!("no column `{name}`: `{}{declared}` does for a `{}`", quoted(name), field.ty));
        };
        if column.generated {
            return Some(format!("column `{name}` is generated, so nothing can be written to it"));
        }
        if kind.is_kept_by(column.affinity) {
            return None;
        }
        let declared = if column.declared.is_empty() { "without a type" } else { &column.declared };
        let keeps = kind.declared();
        Some(format!("column `{name}` is {declared}, which does not keep a `{}` as it is:{keeps} does", field.ty))
    }

    /// What is unique by the columns of this key, and by no other.
    fn unique_on<'t>(&'t self, key: &'t [&str]) -> impl Iterator<Item = &'t Vec<Unique>> {
        self.unique.iter().filter(|columns| {
            let has = |name: &&str| columns.iter().any(|unique| unique.column.eq_ignore_ascii_case(name));
            columns.len() == key.len() && key.iter().all(has)
        })
    }
}

impl Column {
    fn is_integer(&self) -> bool {
        self.declared.eq_ignore_ascii_case("INTEGER")
    }
}

fn columns(db: &Connection, table: &str, strict: bool) -> Result<Vec<Column>> {
    let sql = "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?1, 'main') \
               WHERE hidden <> 1";
    let column = |row: &rusqlite::Row<'_>| {
        let (declared, hidden): (String, u32) = (row.get(1)?, row.get(5)?);
        let (not_null, has_default): (bool, bool) = (row.get(2)?, row.get(3)?);
        Ok(Column {
            name: row.get(0)?,
            affinity: Affinity::of(&declared, strict),
            declared,
            key: row.get(4)?,
            required: not_null && !has_default && hidden == 0,
            generated: hidden != 0,
        })
    };
    db.prepare(sql)?.query_map([table], column)?.collect()
}

fn unique(db: &Connection, table: &str, columns: &[Column]) -> Result<Vec<Vec<Unique>>> {
    let sql = "SELECT name FROM pragma_index_list(?1, 'main') WHERE \"unique\" AND NOT partial";
    let indexes: Vec<String> = db.prepare(sql)?.query_map([table], |row| row.get(0))?.collect::<Result<_>>()?;
    let mut unique = Vec::new();
    for index in indexes {
        // An expression has no name.
        let sql = "SELECT coalesce(name, ''), coalesce(coll, '') FROM pragma_index_xinfo(?1, 'main') WHERE key";
        let column = |row: &rusqlite::Row<'_>| Ok(Unique { column: row.get(0)?, collation: row.get(1)? });
        let columns: Result<Vec<Unique>> = db.prepare(sql)?.query_map([index], column)?.collect();
        unique.push(columns?);
    }
    // A key that is not the row's number has an index, too, which says how it is compared.
    let key = columns.iter().filter(|column| column.key > 0);
    let key: Vec<Unique> =
        key.map(|column| Unique { column: column.name.clone(), collation: "BINARY".to_owned() }).collect();
    if !key.is_empty() {
        unique.push(key);
    }
    Ok(unique)
}

/// The names of the fields that are the key.
pub(super) fn key(schema: &Schema) -> impl Iterator<Item = &'static str> {
    schema.fields.iter().filter(|field| field.key).map(|field| field.name)
}

/// A name as SQL takes it, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether its column has rows without a value: of an `Option`, or of a variant that has no such field.
fn is_nullable(field: &Field, schema: &Schema) -> bool {
    let is_tag = schema.tag == Some(field.name);
    let is_nullable_in = |variant: &Variant| {
        variant.fields.iter().find(|of_variant| of_variant.name == field.name).is_none_or(is_option)
    };
    is_option(field) || (!is_tag && schema.variants.iter().any(is_nullable_in))
}

/// The statement that makes a table for records of `schema`.
pub(super) fn create_sql(table: &str, schema: &Schema) -> String {
    let mut parts: Vec<String> = Vec::new();
    for field in schema.fields {
        let null = if is_nullable(field, schema) && !field.key { "" } else { " NOT NULL" };
        parts.push(format!("{}{}{null}", quoted(field.name), Kind::of(field).declared()));
    }
    let key: Vec<String> = key(schema).map(quoted).collect();
    if !key.is_empty() {
        parts.push(format!("PRIMARY KEY ({})", key.join(", ")));
    }
    format!("CREATE TABLE main.{} ({})", quoted(table), parts.join(", "))
}

/// The statement that writes one record: a new row, or in the place of the row with its key.
pub(super) fn insert_sql(table: &str, schema: &Schema) -> String {
    let columns: Vec<String> = schema.fields.iter().map(|field| quoted(field.name)).collect();
    let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let (columns, places) = (columns.join(", "), places.join(", "));
    // What a table says about conflicts, such as to ignore a row, is for other programs: here a row that breaks a rule is a
    // rejected item.
    let insert = format!("INSERT OR ABORT INTO main.{} ({columns}) VALUES ({places})", quoted(table));
    let key: Vec<String> = key(schema).map(quoted).collect();
    if key.is_empty() {
        return insert;
    }
    let rest = schema.fields.iter().filter(|field| !field.key).map(|field| quoted(field.name));
    let mut set: Vec<String> = rest.map(|name| format!("{name} = excluded.{name}")).collect();
    if set.is_empty() {
        // Nothing to change, but a row that is there counts as written.
        set = key.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    }
    format!("{insert} ON CONFLICT ({}) DO UPDATE SET {}", key.join(", "), set.join(", "))
}

/// Which column of a result each field of `schema` is read from; or what is wrong with the columns.
pub(super) fn matched(columns: &[String], schema: &Schema) -> std::result::Result<Vec<Option<usize>>, Vec<String>> {
    let place = |name: &str| columns.iter().position(|column| column.eq_ignore_ascii_case(name));
    let known = |column: &str| schema.fields.iter().any(|field| field.name.eq_ignore_ascii_case(column));
    let mut problems = Vec::new();
    for field in schema.fields {
        if place(field.name).is_none() && !field.optional {
            problems.push(format!("no column `{}`", field.name));
        }
    }
    let mut advice = " (`extra = \"ignore\"` on the record skips such columns)";
    for (i, column) in columns.iter().enumerate() {
        if !known(column) {
            if schema.extra == Extra::Refuse {
                problems.push(format!("unknown column `{column}`{advice}"));
                // Once is enough.
                advice = "";
            }
        } else if place(column) != Some(i) {
            problems.push(format!("column {} is a second `{column}`", i + 1));
        }
    }
    if problems.is_empty() { Ok(schema.fields.iter().map(|field| place(field.name)).collect()) } else { Err(problems) }
}
