//! A shop's API on this machine: orders, page by page, over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::json;
use tiny_http::{Header, Request, Response, Server};

/// A server that stops when it is dropped.
pub(crate) struct Api {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
    address: SocketAddr,
}

impl Api {
    /// Serves `orders` orders, `per_page` on a page.
    ///
    /// Pages overlap by one order, as they do where an order comes in between two requests.
    pub(crate) fn serve(orders: u64, per_page: u64) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Self::serve_with(move |page| {
            let first = (page - 1) * per_page;
            let last = (first + per_page).min(orders);
            let page_orders: Vec<_> = (first.saturating_sub(1)..last).map(order).collect();
            let next = (last < orders).then_some(page + 1);
            Some(json!({ "orders": page_orders, "next": next }))
        })
    }

    /// Serves what `page` gives for the number of a page; nothing is a page that never comes.
    pub(crate) fn serve_with(
        page: impl Fn(u64) -> Option<serde_json::Value> + Send + 'static,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let server = Arc::new(Server::http("127.0.0.1:0")?);
        let address = server.server_addr().to_ip().ok_or("the server has no address")?;
        let thread = std::thread::spawn({
            let server = Arc::clone(&server);
            move || {
                // Requests that are never answered are kept, so that their connections stay open.
                let mut unanswered = Vec::new();
                for request in server.incoming_requests() {
                    match page_of(&request).map(&page) {
                        Some(Some(body)) => answer(request, 200, &body),
                        Some(None) => unanswered.push(request),
                        None => answer(request, 404, &json!({ "error": "there is only /orders?page=N" })),
                    }
                }
            }
        });
        Ok(Api { server, thread: Some(thread), address })
    }

    /// Where its orders are.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/orders", self.address)
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The order with this number: always the same one.
pub(crate) fn order(number: u64) -> serde_json::Value {
    json!({
        "id": number,
        "customer": format!("C{:03}", number * 7 % 40),
        "product": format!("P{:02}", number * 11 % 12),
        "cents": 1_000 + number * 3_729 % 19_000,
    })
}

fn page_of(request: &Request) -> Option<u64> {
    request.url().strip_prefix("/orders?page=")?.parse().ok().filter(|page| *page > 0)
}

fn answer(request: Request, status: u16, body: &serde_json::Value) {
    let json = Header { field: "Content-Type".parse().unwrap(), value: "application/json".parse().unwrap() };
    // A client that has gone needs no answer.
    let _ = request.respond(Response::from_string(body.to_string()).with_status_code(status).with_header(json));
}
