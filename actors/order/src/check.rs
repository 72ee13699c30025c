//! What an order must look like before anybody is asked about it.

use crate::bindings::types::{Location, NewOrder, Violation};

const ITEMS_MAX: usize = 50;
const QUANTITY_MAX: u32 = 99;
const ADDRESS_CHARS_MAX: usize = 500;
const NAME_CHARS_MAX: usize = 128;

/// Everything that is wrong with it; the pointers lead into the arguments of `create`.
#[must_use]
pub fn violations(order: &NewOrder) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut wrong = |pointer: String, message: String| found.push(Violation { pointer, message });
    for (field, id) in [
        ("customerId", &order.customer_id),
        ("restaurantId", &order.restaurant_id),
    ] {
        if !is_id(id) {
            let message = "takes 1 to 128 characters of A-Z a-z 0-9 . _ : -".to_owned();
            wrong(format!("/order/{field}"), message);
        }
    }
    if order.items.is_empty() || order.items.len() > ITEMS_MAX {
        let message = format!("takes 1 to {ITEMS_MAX} items, not {}", order.items.len());
        wrong("/order/items".to_owned(), message);
    }
    for (at, item) in order.items.iter().take(ITEMS_MAX).enumerate() {
        if item.quantity == 0 || item.quantity > QUANTITY_MAX {
            let message = format!("takes 1 to {QUANTITY_MAX}, not {}", item.quantity);
            wrong(format!("/order/items/{at}/quantity"), message);
        }
        let chars = item.pizza_type.chars().count();
        if chars == 0 || chars > NAME_CHARS_MAX {
            let message = format!("takes 1 to {NAME_CHARS_MAX} characters");
            wrong(format!("/order/items/{at}/pizzaType"), message);
        }
    }
    if let Some(address) = &order.delivery_address
        && address.chars().count() > ADDRESS_CHARS_MAX
    {
        let message = format!("takes at most {ADDRESS_CHARS_MAX} characters");
        wrong("/order/deliveryAddress".to_owned(), message);
    }
    if let Some(location) = &order.delivery_location
        && !is_on_earth(location)
    {
        let message = "lat is from -90 to 90, lon from -180 to 180".to_owned();
        wrong("/order/deliveryLocation".to_owned(), message);
    }
    found
}

fn is_id(id: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
    !id.is_empty() && id.len() <= NAME_CHARS_MAX && id.chars().all(legal)
}

#[must_use]
pub fn is_on_earth(location: &Location) -> bool {
    location.lat.abs() <= 90.0 && location.lon.abs() <= 180.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::types::RequestedItem;

    fn order(quantity: u32, customer: &str) -> NewOrder {
        NewOrder {
            customer_id: customer.to_owned(),
            restaurant_id: "napoli".to_owned(),
            items: vec![RequestedItem {
                pizza_type: "Margherita".to_owned(),
                quantity,
            }],
            delivery_address: None,
            delivery_location: None,
        }
    }

    #[test]
    fn each_mistake_is_told_by_its_place() {
        let mut far = order(1, "c");
        far.delivery_location = Some(Location {
            lat: 91.0,
            lon: 0.0,
        });
        let mut long = order(1, "c");
        long.delivery_address = Some("x".repeat(501));
        let mut none = order(1, "c");
        none.items.clear();
        for (order, pointer) in [
            (order(0, "c"), "/order/items/0/quantity"),
            (order(100, "c"), "/order/items/0/quantity"),
            (order(1, "a/b"), "/order/customerId"),
            (far, "/order/deliveryLocation"),
            (long, "/order/deliveryAddress"),
            (none, "/order/items"),
        ] {
            let pointers: Vec<_> = violations(&order).into_iter().map(|v| v.pointer).collect();
            assert_eq!(pointers, [pointer]);
        }
        assert!(violations(&order(99, "customer-1")).is_empty());
    }

    #[test]
    fn a_place_that_is_no_number_is_not_on_earth() {
        assert!(!is_on_earth(&Location {
            lat: f64::NAN,
            lon: 0.0
        }));
    }
}
