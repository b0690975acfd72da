//! Twenty sensors behind an HTTP server on this machine, which fails, stalls and recovers.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tiny_http::{Header, Request, Response, Server};

const SENSORS: RangeInclusive<u32> = 1..=20;
const ROUNDS: RangeInclusive<u32> = 1..=6;
/// The time between two rounds, from when the first gateway was asked.
const PAUSE: Duration = Duration::from_millis(80);
/// How long an answer takes that stalls.
const STALL: Duration = Duration::from_millis(120);

/// Each four sensors are behind one gateway, which is what fails.
pub(crate) fn gateway(sensor: u32) -> u32 {
    sensor.div_ceil(4)
}

/// A server that stops when it is dropped.
pub(crate) struct Sensors {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
    address: SocketAddr,
    site: Arc<Site>,
}

/// The round that it is, and what was asked so far.
#[derive(Default)]
struct Site {
    round: AtomicU32,
    calls: Mutex<Calls>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Calls {
    of: [u32; 20],
    /// Those to the gateway that is sick, while it is.
    pub(crate) sick: u32,
}

impl Calls {
    pub(crate) fn all(&self) -> u32 {
        self.of.iter().sum()
    }
}

/// What becomes of a call.
enum Answer {
    Celsius(f64),
    Busy,
    Stalled,
    Gone,
}

/// The schedule. It knows rounds and calls, but no clock, so that it is the same each time.
fn answer(sensor: u32, round: u32, call: u32) -> Answer {
    match (sensor, round) {
        // One sensor was taken down, and one needs a round to start.
        (20, _) => Answer::Gone,
        (7, 1) => Answer::Busy,
        _ if is_sick(sensor, round) => {
            if round == 4 {
                Answer::Stalled
            } else {
                Answer::Busy
            }
        }
        // The others lose every fifth call.
        _ if (call + sensor).is_multiple_of(5) => Answer::Busy,
        _ => Answer::Celsius(20.0 + f64::from(sensor * 7 % 20 + round) / 10.0),
    }
}

/// The first gateway fails in two rounds, and stalls in the one after them.
fn is_sick(sensor: u32, round: u32) -> bool {
    gateway(sensor) == 1 && (2..=4).contains(&round)
}

impl Sensors {
    pub(crate) fn serve() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let server = Arc::new(Server::http("127.0.0.1:0")?);
        let address = server.server_addr().to_ip().ok_or("the server has no address")?;
        let site = Arc::new(Site::default());
        let thread = thread::spawn({
            let (server, site) = (Arc::clone(&server), Arc::clone(&site));
            move || server.incoming_requests().for_each(|request| site.serve(request))
        });
        Ok(Sensors { server, thread: Some(thread), address, site })
    }

    /// Where its sensors are.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/sensors", self.address)
    }

    /// The sensors to ask, all of them in every round. A round begins when its first sensor is taken.
    pub(crate) fn rounds(&self) -> impl Iterator<Item = u32> {
        let mut begins = Instant::now();
        ROUNDS.flat_map(|round| SENSORS.map(move |sensor| (round, sensor))).map(move |(round, sensor)| {
            match sensor {
                1 => {
                    thread::sleep(begins.saturating_duration_since(Instant::now()));
                    self.site.round.store(round, Ordering::Relaxed);
                }
                // The gateway that will be sick is left alone for as long each time, however long the others take.
                5 => begins = Instant::now() + PAUSE,
                _ => {}
            }
            sensor
        })
    }

    /// What it was asked.
    pub(crate) fn calls(&self) -> Calls {
        *self.site.calls.lock().unwrap()
    }
}

impl Drop for Sensors {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Site {
    fn serve(&self, request: Request) {
        let Some(sensor) = sensor_of(&request) else {
            return respond(request, 404, &json!({ "error": "there is only /sensors/N" }));
        };
        let round = self.round.load(Ordering::Relaxed);
        match answer(sensor, round, self.count(sensor, round)) {
            Answer::Celsius(celsius) => {
                respond(request, 200, &json!({ "sensor": sensor, "round": round, "celsius": celsius }));
            }
            Answer::Busy => respond(request, 503, &Value::Null),
            Answer::Gone => respond(request, 404, &Value::Null),
            // Others are served meanwhile.
            Answer::Stalled => {
                thread::spawn(move || {
                    thread::sleep(STALL);
                    respond(request, 503, &Value::Null);
                });
            }
        }
    }

    /// Counts a call, and says the how-manieth it is of its sensor.
    fn count(&self, sensor: u32, round: u32) -> u32 {
        let mut calls = self.calls.lock().unwrap();
        calls.sick += u32::from(is_sick(sensor, round));
        let of = &mut calls.of[sensor as usize - 1];
        *of += 1;
        *of
    }
}

fn sensor_of(request: &Request) -> Option<u32> {
    request.url().strip_prefix("/sensors/")?.parse().ok().filter(|sensor| SENSORS.contains(sensor))
}

fn respond(request: Request, status: u16, body: &Value) {
    let json = Header { field: "Content-Type".parse().unwrap(), value: "application/json".parse().unwrap() };
    // A client that has given up needs no answer.
    let _ = request.respond(Response::from_string(body.to_string()).with_status_code(status).with_header(json));
}
