//! What a manager's screen begins with: all orders that have not ended, the drivers, the alerts, and
//! up to where the restaurant has heard.

use silo_sdk::entries::Table;

use crate::bindings::types::{BoardSnapshot, OpenOrder, Refusal, Status};
use crate::details::{self, Details};
use crate::order_event::UNDER_WAY;
use crate::orders::{Line, PAGE_MAX, of_state};
use crate::state::{Restaurant, unknown};
use crate::{alerts, drivers, profile};

/// Up to where it has heard, by the name of the stream. Beside the state, which has a thousand
/// drivers in it and is not written with every batch.
const HEARD: Table<u64> = Table::new("p");
const ORDERS: &str = "orders";
/// How many alerts are told at first.
const ALERTS: u32 = 50;
/// The most bytes of orders in one answer, about: a silo takes a mebibyte, and in the first answer
/// all drivers and some alerts are with them.
const PAGE_BYTES_MAX: usize = 400 << 10;
/// What the names of the fields and the numbers of an order come to at most, and of an item.
const ORDER_BYTES: usize = 600;
const ITEM_BYTES: usize = 70;

pub(crate) fn has_heard(position: u64) {
    HEARD.insert(ORDERS, &position);
}

impl Restaurant {
    pub(crate) fn show(&self) -> Result<BoardSnapshot, Refusal> {
        let restaurant = self.state.clone().ok_or_else(unknown)?;
        Ok(BoardSnapshot {
            position: HEARD.get(ORDERS).unwrap_or_default(),
            restaurant: profile::in_full(restaurant),
            orders: open_orders(None, PAGE_MAX),
            drivers: drivers::all(),
            alerts: alerts::page(None, ALERTS),
        })
    }
}

/// A page of orders that have not ended.
#[derive(Default)]
struct Page {
    orders: Vec<OpenOrder>,
    bytes: usize,
}

/// Orders that have not ended, from the first state to the last: one that moves on while somebody
/// turns pages is seen twice, and not missed. Fewer than `limit` where they are large, but one at
/// least if there is one.
pub(crate) fn open_orders(after: Option<&str>, limit: u32) -> Vec<OpenOrder> {
    let mut limit = limit.clamp(1, PAGE_MAX);
    let after = after.and_then(|after| {
        let (state, name) = after.split_once('.')?;
        Some((state.parse::<usize>().ok()?, name))
    });
    let (first, mut name) = after.map_or((0, None), |(state, name)| (state, Some(name)));
    let mut page = Page::default();
    for (state, status) in UNDER_WAY.into_iter().enumerate().skip(first) {
        let lines = of_state(status, name.take(), limit);
        limit -= u32::try_from(lines.len()).unwrap_or(limit).min(limit);
        let is_full = page.take(state, status, lines);
        if is_full || limit == 0 {
            break;
        }
    }
    page.orders
}

impl Page {
    /// Takes them in their order, and says whether some had no room.
    fn take(&mut self, state: usize, status: Status, lines: Vec<(String, Line)>) -> bool {
        let mut lines = lines.into_iter();
        // In parts: what has no room need not be read, and a part has a known size at most.
        while lines.len() > 0 {
            let part: Vec<_> = lines.by_ref().take(details::AT_ONCE).collect();
            let names: Vec<_> = part.iter().map(|(name, _)| name).collect();
            let details = details::of(&names);
            for ((name, line), details) in part.into_iter().zip(details) {
                let order = view(format!("{state}.{name}"), status, line, details);
                self.bytes += bytes(&order);
                if self.bytes > PAGE_BYTES_MAX && !self.orders.is_empty() {
                    return true;
                }
                self.orders.push(order);
            }
        }
        false
    }
}

/// About how long it is as JSON: its texts, and what they are in.
fn bytes(order: &OpenOrder) -> usize {
    let texts = [
        &order.delivery_address,
        &order.customer_name,
        &order.note,
        &order.driver_id,
    ];
    let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
    let items = order.items.iter().flatten();
    let items = items.map(|item| item.pizza_type.len() + ITEM_BYTES);
    let ids = order.order_id.len() + order.customer_id.len() + order.cursor.len();
    ORDER_BYTES + ids + texts + items.sum::<usize>()
}

fn view(cursor: String, status: Status, line: Line, details: Option<Details>) -> OpenOrder {
    let is_known = details.is_some();
    let details = details.unwrap_or_default();
    // What an older module has kept has none of these times.
    let or_created = |at: u64| if at == 0 { line.created_at } else { at };
    OpenOrder {
        order_id: line.order_id,
        customer_id: line.customer_id,
        status,
        version: line.version,
        created_at: line.created_at,
        updated_at: or_created(line.updated_at),
        since: or_created(line.since),
        total_cents: line.total_cents,
        remakes: line.remakes,
        late: line.late,
        late_since: line.late_since,
        driver_id: line.driver_id,
        estimated_delivery_at: line.estimated_delivery_at,
        delivery_location: details.deliver_to,
        items: is_known.then_some(details.items),
        delivery_address: details.delivery_address,
        customer_name: details.customer_name,
        note: details.note,
        cursor,
    }
}
