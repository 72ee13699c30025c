//! A town for one scene: restaurants of its own, their chefs and drivers, and people who
//! are hungry.

use crate::place_orders::OrderRequest;
use crate::restaurant_setup::Restaurant;
use crate::retrying_client::RetryingClient;
use crate::{menu, restaurant_setup};

/// Latitude and longitude of Naples in degrees.
const CENTRE: (f64, f64) = (40.8518, 14.2681);
/// The distance between two restaurants in degrees of latitude: about a kilometre.
const APART: f64 = 0.01;
/// A customer lives at most so many degrees north, south, east or west of the restaurant.
const NEAR: f64 = 0.02;
/// The most pizzas in one order.
const QUANTITY_MAX: u32 = 3;
/// The most of one ingredient that a pizza of the menu needs.
const AMOUNT_MAX: u32 = 2;

#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) kitchens: u32,
    pub(crate) chefs: u32,
    pub(crate) drivers: u32,
    pub(crate) orders: u32,
}

pub(crate) struct Town {
    pub(crate) restaurants: Vec<Restaurant>,
}

impl Town {
    /// The same name and size are the same town, which is used again.
    pub(crate) fn plan(name: &str, size: Size) -> Self {
        let restaurant = |number: u32| {
            let shift = f64::from(number) * APART;
            // Dealt out in turn, so that each restaurant has a driver when there are enough for
            // all.
            let drivers = (number..size.drivers).step_by(size.kitchens as usize);
            Restaurant {
                id: format!("{name}-{}", number + 1),
                location: (CENTRE.0 + shift, CENTRE.1),
                drivers: drivers
                    .map(|n| format!("{name}-driver-{}", n + 1))
                    .collect(),
                chefs: size.chefs,
                menu: menu::recipes(),
                // Whatever they order, it is not the ingredients that they wait for.
                on_hand: size.orders * QUANTITY_MAX * AMOUNT_MAX,
            }
        };
        let restaurants = (0..size.kitchens).map(restaurant).collect();
        Self { restaurants }
    }

    pub(crate) async fn set_up(&self, client: &mut RetryingClient) -> anyhow::Result<()> {
        for restaurant in &self.restaurants {
            restaurant_setup::set_up(client, restaurant).await?;
        }
        Ok(())
    }

    /// What the next one orders; by number, so that a run can be repeated.
    pub(crate) fn request(&self, number: u32) -> OrderRequest {
        let at = number as usize;
        let restaurant = &self.restaurants[at % self.restaurants.len()];
        let recipe = &restaurant.menu[at % restaurant.menu.len()];
        // Multiples of the golden ratio are spread evenly, however many there are.
        let spread = |factor: f64| (f64::from(number) * factor).fract() * 2.0 - 1.0;
        let (lat, lon) = restaurant.location;
        OrderRequest {
            customer: format!("customer-{number}"),
            name: None,
            restaurant: restaurant.id.clone(),
            pizza: recipe["pizzaType"].as_str().unwrap_or_default().to_owned(),
            quantity: 1 + number % QUANTITY_MAX,
            deliver_to: Some((
                lat + NEAR * spread(0.618_033_988_75),
                lon + NEAR * spread(0.381_966_011_25),
            )),
            address: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_driver_works_for_one_restaurant() {
        for (kitchens, drivers) in [(1, 1), (3, 8), (4, 4), (5, 2)] {
            let size = Size {
                kitchens,
                chefs: 1,
                drivers,
                orders: 1,
            };
            let town = Town::plan("t", size);
            let mut all: Vec<_> = town.restaurants.iter().flat_map(|r| &r.drivers).collect();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), drivers as usize, "{kitchens} kitchens");
            let counts: Vec<_> = town.restaurants.iter().map(|r| r.drivers.len()).collect();
            let fair = drivers.div_ceil(kitchens) as usize;
            assert!(counts.iter().all(|count| *count <= fair), "{counts:?}");
        }
    }

    #[test]
    fn there_is_enough_of_everything_that_is_ordered() {
        let most = menu::recipes()
            .iter()
            .flat_map(|r| r["ingredients"].as_array().cloned().unwrap_or_default())
            .filter_map(|line| line["quantity"].as_u64())
            .max();
        assert_eq!(most, Some(u64::from(AMOUNT_MAX)));
    }
}
