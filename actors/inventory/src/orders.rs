//! The orders to suppliers, newest first, all together and by state.

use serde::{Deserialize, Serialize};
use silo_sdk::context;
use silo_sdk::entries::Table;

use crate::bindings::types::{Refusal, SupplyOrder, SupplyState};
use crate::state::Inventory;

/// The most orders of one page.
const PAGE_MAX: u32 = 200;
/// How long ended orders stay in the list, in milliseconds; [`KEPT_MAX`] says how many of them.
const KEPT_MS: u64 = 90 * 86_400_000;
const KEPT_MAX: u32 = 1_000;
/// How many old orders leave the list in one turn at most.
const SWEEP_MAX: u32 = 4;

/// The orders, by a name under which the newest is first.
const ORDERS: Table<Row> = Table::new("o");
/// The numbers of ended orders, by when they ended.
const ENDED: Table<u64> = Table::new("e");

/// The names of the orders in this state, without values.
fn in_state(state: SupplyState) -> Table<()> {
    match state {
        SupplyState::Proposed => Table::new("o-proposed"),
        SupplyState::Ordered => Table::new("o-ordered"),
        SupplyState::Accepted => Table::new("o-accepted"),
        SupplyState::Shipped => Table::new("o-shipped"),
        SupplyState::PartlyDelivered => Table::new("o-partly"),
        SupplyState::Delivered => Table::new("o-delivered"),
        SupplyState::Failed => Table::new("o-failed"),
        SupplyState::Cancelled => Table::new("o-cancelled"),
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "n")]
    pub(crate) number: u64,
    #[serde(rename = "i")]
    pub(crate) ingredient: String,
    #[serde(rename = "s")]
    pub(crate) supplier_id: String,
    #[serde(rename = "q")]
    pub(crate) quantity: u32,
    #[serde(rename = "d")]
    pub(crate) delivered: u32,
    /// Numbers of the deliveries that were restocked.
    #[serde(rename = "c")]
    pub(crate) came: Vec<u32>,
    #[serde(rename = "t")]
    pub(crate) state: SupplyState,
    #[serde(rename = "p", default)]
    pub(crate) unit_price_cents: Option<u32>,
    #[serde(rename = "b")]
    pub(crate) created_at: u64,
    #[serde(rename = "u")]
    pub(crate) updated_at: u64,
    #[serde(rename = "e", default)]
    pub(crate) due_at: Option<u64>,
    #[serde(rename = "y", default)]
    pub(crate) reason: Option<String>,
}

/// The order's id follows from how many there were before it: whatever is done again
/// after a crash is done with the same one.
pub(crate) fn id(number: u64) -> String {
    format!("supply-{number}")
}

pub(crate) fn find(order_id: &str) -> Result<Row, Refusal> {
    let number = order_id.strip_prefix("supply-");
    let number = number.and_then(|number| number.parse::<u64>().ok());
    // One number has one spelling.
    let number = number.filter(|number| id(*number) == order_id);
    let row = number.and_then(|number| ORDERS.get(&name_of(number)));
    row.ok_or_else(|| Refusal::NotFound(format!("there is no order {order_id:?} to a supplier")))
}

/// Rows are in the order of their names, and the newest is to be first.
fn name_of(number: u64) -> String {
    format!("{:016x}", u64::MAX - number)
}

pub(crate) fn is_end(state: SupplyState) -> bool {
    matches!(
        state,
        SupplyState::Delivered | SupplyState::Failed | SupplyState::Cancelled
    )
}

pub(crate) fn state_name(state: SupplyState) -> &'static str {
    match state {
        SupplyState::Proposed => "proposed",
        SupplyState::Ordered => "ordered",
        SupplyState::Accepted => "accepted",
        SupplyState::Shipped => "shipped",
        SupplyState::PartlyDelivered => "partlyDelivered",
        SupplyState::Delivered => "delivered",
        SupplyState::Failed => "failed",
        SupplyState::Cancelled => "cancelled",
    }
}

impl Row {
    pub(crate) fn id(&self) -> String {
        id(self.number)
    }

    pub(crate) fn view(self) -> SupplyOrder {
        SupplyOrder {
            order_id: self.id(),
            cursor: name_of(self.number),
            ingredient: self.ingredient,
            supplier_id: self.supplier_id,
            quantity: self.quantity,
            delivered: self.delivered,
            state: self.state,
            unit_price_cents: self.unit_price_cents,
            created_at: self.created_at,
            updated_at: self.updated_at,
            due_at: self.due_at,
            reason: self.reason,
        }
    }
}

impl Inventory {
    /// Writes the order down, which was in the state `before`.
    pub(crate) fn keep_order(&mut self, row: &Row, before: Option<SupplyState>) {
        let name = name_of(row.number);
        if before != Some(row.state) {
            if let Some(before) = before {
                in_state(before).remove(&name);
            }
            in_state(row.state).insert(&name, &());
            // By when it ended, so that the oldest are found without looking at the others.
            if is_end(row.state) {
                ENDED.insert(&ended_name(row.updated_at, row.number), &row.number);
                self.orders_ended += 1;
                self.forget_orders(row.updated_at);
            }
        }
        ORDERS.insert(&name, row);
    }

    fn forget_orders(&mut self, now: u64) {
        let before = ended_name(now.saturating_sub(KEPT_MS), 0);
        for old in ENDED.keys(None, SWEEP_MAX) {
            // The oldest come first: when one may stay, all that follow may.
            if old >= before && self.orders_ended <= KEPT_MAX {
                return;
            }
            if let Some(number) = ENDED.get(&old) {
                let name = name_of(number);
                if let Some(row) = ORDERS.get(&name) {
                    in_state(row.state).remove(&name);
                }
                ORDERS.remove(&name);
            }
            ENDED.remove(&old);
            self.orders_ended = self.orders_ended.saturating_sub(1);
        }
    }
}

fn ended_name(ended_at: u64, number: u64) -> String {
    format!("{ended_at:016x}.{number:016x}")
}

pub(crate) fn page(
    state: Option<SupplyState>,
    after: Option<&str>,
    limit: u32,
) -> Vec<SupplyOrder> {
    let limit = limit.clamp(1, PAGE_MAX);
    let names = match state {
        Some(state) => in_state(state).keys(after, limit),
        None => ORDERS.keys(after, limit),
    };
    let rows = names.iter().filter_map(|name| ORDERS.get(name));
    rows.map(Row::view).collect()
}

/// Orders that were made, and of which the supplier has said nothing for so long. If the date was
/// set back since, nobody knows for how long; a supplier who is asked again says the same.
pub(crate) fn unheard(longer_than_ms: u64, limit: u32) -> Vec<Row> {
    let now = context::now_ms();
    let before = now.saturating_sub(longer_than_ms);
    let names = in_state(SupplyState::Ordered).keys(None, limit);
    let rows = names.iter().filter_map(|name| ORDERS.get(name));
    rows.filter(|row| row.updated_at <= before || row.updated_at > now)
        .collect()
}
