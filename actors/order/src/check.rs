//! What an order must look like before anybody is asked about it, beyond what its contract
//! says.

use crate::bindings::types::Location;

#[must_use]
pub fn is_on_earth(location: &Location) -> bool {
    location.lat.abs() <= 90.0 && location.lon.abs() <= 180.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::bounds;
    use crate::bindings::types::{NewOrder, Refusal, RequestedItem};

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
            customer_name: None,
            note: None,
            phone: None,
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
            (far, "/order/deliveryLocation/lat"),
            (long, "/order/deliveryAddress"),
            (none, "/order/items"),
            (named("Ada\nLovelace"), "/order/customerName"),
            (named(""), "/order/customerName"),
            (named(&"x".repeat(101)), "/order/customerName"),
            (noted("no \u{202e}olives"), "/order/note"),
            (noted(&"x".repeat(201)), "/order/note"),
            (called("\u{1b}[2J"), "/order/phone"),
            (called(&"1".repeat(41)), "/order/phone"),
        ] {
            assert_eq!(refused(&order), [pointer]);
        }
        assert_eq!(bounds::create(&order(99, "customer-1")), Ok(()));
        for fine in [named("Ada"), noted("senza olive 🫒"), called("+39 081 1")] {
            assert_eq!(bounds::create(&fine), Ok(()));
        }
    }

    fn named(name: &str) -> NewOrder {
        NewOrder {
            customer_name: Some(name.to_owned()),
            ..order(1, "c")
        }
    }

    fn noted(note: &str) -> NewOrder {
        NewOrder {
            note: Some(note.to_owned()),
            ..order(1, "c")
        }
    }

    fn called(phone: &str) -> NewOrder {
        NewOrder {
            phone: Some(phone.to_owned()),
            ..order(1, "c")
        }
    }

    fn refused(order: &NewOrder) -> Vec<String> {
        let Err(Refusal::Invalid(violations)) = bounds::create(order) else {
            panic!("{order:?} is taken");
        };
        violations.into_iter().map(|v| v.pointer).collect()
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let mut bad = order(0, "a b");
        bad.delivery_address = Some("Via \u{202e}Roma".to_owned());
        bad.items[0].pizza_type = "Marghe\nrita".to_owned();
        bad.delivery_location = Some(Location {
            lat: f64::NAN,
            lon: 181.0,
        });
        let expected = [
            "/order/customerId",
            "/order/items/0/pizzaType",
            "/order/items/0/quantity",
            "/order/deliveryAddress",
            "/order/deliveryLocation/lat",
            "/order/deliveryLocation/lon",
        ];
        assert_eq!(refused(&bad), expected);
    }

    #[test]
    fn a_place_that_is_no_number_is_not_on_earth() {
        assert!(!is_on_earth(&Location {
            lat: f64::NAN,
            lon: 0.0
        }));
    }
}
