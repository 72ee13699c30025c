//! Figures, stock and kitchen, looked at now and then, and told when they have changed. They have no
//! position: whoever comes back sees them as they are then.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse;
use bytes::Bytes;
use pizza_types::Reply;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::caller::Caller;
use crate::look;
use crate::problem::Problem;
use crate::seen::Seen;
use crate::time::At;
use crate::view::kitchen::{Figures as KitchenFigures, Overview, Station};
use crate::view::statistics::Statistics;
use crate::view::stock::StockLine;

/// Events that ask for a look get one together, if they come within this time.
const SOON: Duration = Duration::from_millis(200);

type Looking = Pin<Box<dyn Future<Output = Result<Arc<Seen>, Problem>> + Send>>;

pub(super) struct Sights {
    caller: Arc<Caller>,
    restaurant_id: Arc<str>,
    every: Duration,
    next_at: Instant,
    /// How old may be what others have seen.
    since: Instant,
    looking: Option<Looking>,
    /// What was told last, as the actors said it.
    figures: Bytes,
    kitchen: Bytes,
    stock: HashSet<Box<str>>,
}

#[derive(Serialize)]
struct Figures<'a> {
    at: At,
    figures: Statistics<'a>,
}

#[derive(Serialize)]
struct Stock<'a> {
    at: At,
    stock: Vec<StockLine<'a>>,
}

#[derive(Serialize)]
struct Kitchen<'a> {
    at: At,
    kitchen: KitchenFigures<'a>,
    chefs: Vec<Station<'a>>,
}

impl Sights {
    /// They are looked at at once, and then so often.
    pub(super) fn of(caller: Caller, restaurant_id: &Arc<str>, every_ms: u64) -> Self {
        Self {
            caller: Arc::new(caller),
            restaurant_id: Arc::clone(restaurant_id),
            every: Duration::from_millis(every_ms.max(1)),
            next_at: Instant::now(),
            since: Instant::now(),
            looking: None,
            figures: Bytes::new(),
            kitchen: Bytes::new(),
            stock: HashSet::new(),
        }
    }

    /// Something has happened that is to be seen now.
    pub(super) fn look_soon(&mut self) {
        let now = Instant::now();
        self.next_at = self.next_at.min(now + SOON);
        self.since = self.since.max(now);
    }

    /// The next look at them. It goes on where it was, if it was not waited for to the end.
    pub(super) async fn next(&mut self) -> Option<Arc<Seen>> {
        if self.looking.is_none() {
            tokio::time::sleep_until(self.next_at).await;
        }
        let looking = self.looking.get_or_insert_with(|| {
            let (caller, id) = (Arc::clone(&self.caller), Arc::clone(&self.restaurant_id));
            let since = self.since;
            // What happens from now on is for the next one.
            self.next_at = Instant::now() + self.every;
            self.since = self.next_at - self.every / 2;
            Box::pin(async move { look::since(&caller, &id, since).await })
        });
        let seen = looking.await;
        self.looking = None;
        seen.ok()
    }

    /// What of it is new. Nobody's silence is an event.
    pub(super) fn news(&mut self, seen: Option<&Seen>) -> Vec<sse::Event> {
        let Some(seen) = seen else { return Vec::new() };
        let at = At::of(self.caller.app.client().transport().now_ms());
        let figures = seen.figures.as_ref().ok();
        let figures = figures.and_then(|reply| {
            let figures = changed(&mut self.figures, reply).then(|| read(reply))??;
            event("figures", &Figures { at, figures })
        });
        let kitchen = seen.kitchen.as_ref().and_then(|reply| {
            let told = changed(&mut self.kitchen, reply).then(|| read(reply))??;
            let Overview { status, stations } = told;
            event(
                "kitchen",
                &Kitchen {
                    at,
                    kitchen: status,
                    chefs: stations,
                },
            )
        });
        let stock = seen.stock.as_ref().and_then(|reply| self.stock(at, reply));
        figures.into_iter().chain(kitchen).chain(stock).collect()
    }

    /// The lines that are not as they were told last.
    fn stock(&mut self, at: At, reply: &Reply) -> Option<sse::Event> {
        let lines: Vec<&RawValue> = read(reply)?;
        let before = std::mem::take(&mut self.stock);
        let new = lines.iter().filter(|line| !before.contains(line.get()));
        let stock: Option<Vec<StockLine<'_>>> = new
            .map(|line| serde_json::from_str(line.get()).ok())
            .collect();
        self.stock = lines.iter().map(|line| line.get().into()).collect();
        let stock = stock.filter(|stock| !stock.is_empty())?;
        event("stock", &Stock { at, stock })
    }
}

/// Notes what was replied, and says whether it is something else than before.
fn changed(before: &mut Bytes, reply: &Reply) -> bool {
    let changed = *before != reply.body;
    before.clone_from(&reply.body);
    changed
}

fn read<'r, T: serde::Deserialize<'r>>(reply: &'r Reply) -> Option<T> {
    let read = serde_json::from_slice(&reply.body);
    let told = |error: &serde_json::Error| {
        tracing::error!(%error, "an actor and the gateway do not understand each other");
    };
    read.inspect_err(told).ok()
}

/// An event without an id, so that nobody goes on from it.
fn event(name: &str, data: &impl Serialize) -> Option<sse::Event> {
    sse::Event::default().event(name).json_data(data).ok()
}
