//! How an order begins.

use silo_sdk::{CallError, CallFailure, context};

use crate::bindings::bounds;
use crate::bindings::clients::InventoryClient;
use crate::bindings::types::{
    Item, NewOrder, OrderState, Refusal, Rejection, RejectionReason, Reservation, Shortage, Status,
};
use crate::custody::Holder;
use crate::refusal::conflict;
use crate::state::Order;
use crate::{eta, notifications, progress};

impl Order {
    /// Takes the order, or keeps it as rejected when it cannot be made.
    ///
    /// # Errors
    /// When there is such an order, the wish breaks the contract, or the inventory is silent.
    pub(crate) fn begin(&mut self, wish: NewOrder) -> Result<OrderState, Refusal> {
        // The same message is answered by the silo from its record; this is another customer
        // with the same id.
        if let Some(order) = &self.order {
            let message = format!("order {} exists", order.order_id);
            return Err(conflict(message, Some(order.status), None));
        }
        #[cfg(feature = "faulty")]
        assert!(!is_unlucky(&context::key()), "this order is one of five");
        bounds::create(&wish)?;
        let inventory = InventoryClient::of(&wish.restaurant_id);
        match inventory.reserve(&context::key(), &wish.items) {
            Ok(Reservation::Reserved(items)) => Ok(self.accept(wish, items)),
            Ok(Reservation::Unavailable(shortage)) => Ok(self.reject(wish, rejection(shortage))),
            Ok(Reservation::Closed) => Ok(self.reject(wish, closed())),
            // Nothing is kept of an order that nobody has decided on.
            Err(CallError::Refused(refusal)) => Err(refusal),
            Err(CallError::Call(failure)) => Err(unavailable(&failure)),
        }
    }

    fn accept(&mut self, wish: NewOrder, items: Vec<Item>) -> OrderState {
        let now = context::now_ms();
        let mut order = draft(wish, items, now);
        order.estimated_delivery_at = Some(now + eta::FIRST_MS);
        self.record(&mut order, None);
        notifications::to_kitchen(&order, &Holder::Nobody, None, false);
        progress::watch();
        self.checked = order.version;
        self.order = Some(order.clone());
        order
    }

    /// Kept, so that the customer can see why.
    fn reject(&mut self, wish: NewOrder, rejection: Rejection) -> OrderState {
        let items = wish.items.iter().map(|item| Item {
            pizza_type: item.pizza_type.clone(),
            quantity: item.quantity,
            // No price was ever agreed on.
            unit_price_cents: 0,
        });
        let items = items.collect();
        let mut order = draft(wish, items, context::now_ms());
        order.status = Status::Rejected;
        order.rejection = Some(rejection);
        self.record(&mut order, None);
        silo_sdk::state::end();
        self.order = Some(order.clone());
        order
    }
}

/// One key in five, for a module that is to be taken back.
#[cfg(feature = "faulty")]
fn is_unlucky(key: &str) -> bool {
    let sum = key.bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    sum % 5 == 0
}

fn closed() -> Rejection {
    Rejection {
        reason: RejectionReason::Closed,
        message: "the restaurant is closed".to_owned(),
        missing: Vec::new(),
        alternatives: Vec::new(),
    }
}

fn rejection(shortage: Shortage) -> Rejection {
    let unknown = shortage.unknown_pizzas;
    let (reason, message) = if unknown.is_empty() {
        let names: Vec<_> = shortage
            .missing
            .iter()
            .map(|m| m.ingredient.as_str())
            .collect();
        let message = format!("out of {}", names.join(", "));
        (RejectionReason::OutOfStock, message)
    } else {
        let message = format!("not on the menu: {}", unknown.join(", "));
        (RejectionReason::UnknownPizza, message)
    };
    Rejection {
        reason,
        message,
        missing: shortage.missing,
        alternatives: shortage.alternatives,
    }
}

fn draft(wish: NewOrder, items: Vec<Item>, now: u64) -> OrderState {
    let price = |item: &Item| u64::from(item.quantity) * u64::from(item.unit_price_cents);
    OrderState {
        order_id: context::key(),
        customer_id: wish.customer_id,
        restaurant_id: wish.restaurant_id,
        total_cents: items.iter().map(price).sum(),
        items,
        delivery_address: wish.delivery_address,
        delivery_location: wish.delivery_location,
        status: Status::Created,
        driver_id: None,
        driver_location: None,
        remakes: 0,
        late: false,
        refund: false,
        rejection: None,
        created_at: now,
        updated_at: now,
        estimated_delivery_at: None,
        version: 0,
        customer_name: wish.customer_name,
        note: wish.note,
        phone: wish.phone,
        remake_reason: None,
    }
}

/// Nothing was decided; the customer may ask again.
fn unavailable(failure: &CallFailure) -> Refusal {
    conflict(
        format!("the inventory gave no answer: {failure:?}"),
        None,
        None,
    )
}
