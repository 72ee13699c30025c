//! A restaurant offers an order; the driver takes it, or not.

use silo_sdk::{context, log, streams};

use crate::bindings::clients::{OrderClient, RestaurantClient};
use crate::bindings::types::{Availability, Delivery, DriverState, OfferDetails, Refusal};
use crate::notifications::{Gone, News};
use crate::refusal::{conflict, of_call};
use crate::state::Driver;

/// What the driver's phone follows.
const OFFERS: &str = "driver-offers";

impl Driver {
    /// One offer at a time: a driver who has another one, or an order, is not asked, and none is
    /// asked by a restaurant for which they do not drive.
    pub(crate) fn consider(
        &mut self,
        delivery: Delivery,
        details: Option<OfferDetails>,
    ) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        let same = (state.offer.as_ref()).is_some_and(|offer| offer.order_id == delivery.order_id);
        let free = state.status == Availability::Available && state.offer.is_none();
        let may = self.drives_for(&delivery.restaurant_id) && (same || free);
        if !may {
            refuse(&delivery);
            return Ok(state);
        }
        streams::publish(OFFERS, &context::key(), &delivery);
        let order_id = delivery.order_id.clone();
        state.offer = Some(delivery);
        self.details = details;
        let state = self.keep(state);
        let order_id = &order_id;
        self.announce(News::Offer { order_id }, &state);
        Ok(state)
    }

    /// The order itself decides who carries it: it may have gone to another meanwhile.
    pub(crate) fn take(&mut self, order_id: &str) -> Result<DriverState, Refusal> {
        let mut state = self.known()?;
        if state.order_id.as_deref() == Some(order_id) {
            return Ok(state);
        }
        let offer = state.offer.take_if(|offer| offer.order_id == order_id);
        let Some(offer) = offer.filter(|offer| offer.expires_at >= context::now_ms()) else {
            return Err(conflict("there is no such offer", &state, &[]));
        };
        match OrderClient::of(&offer.order_id).assign_driver(&context::key(), None) {
            // The offer named another restaurant than the order's.
            Ok(order) if !self.drives_for(&order.restaurant_id) => {
                OrderClient::of(&offer.order_id).send_driver_declined(&context::key());
                let message = format!("{} is not theirs", offer.order_id);
                log::warn!("{message}");
                Ok(self.is_not_asked(state, &offer.order_id, Gone::Taken))
            }
            Ok(order) => Ok(self.carry(state, &offer.order_id, &order.restaurant_id)),
            Err(error) => Err(of_call(error, &state)),
        }
    }

    pub(crate) fn decline(&mut self, order_id: &str) -> Result<DriverState, Refusal> {
        let mut state = self.known()?;
        match state.offer.take_if(|offer| offer.order_id == order_id) {
            Some(offer) => {
                refuse(&offer);
                Ok(self.is_not_asked(state, order_id, Gone::Declined))
            }
            None => Err(conflict("there is no such offer", &state, &[])),
        }
    }

    /// The offer is gone from `state`; the screens hear of it.
    pub(crate) fn is_not_asked(
        &mut self,
        state: DriverState,
        order_id: &str,
        reason: Gone,
    ) -> DriverState {
        let state = self.keep(state);
        self.announce(News::Withdrawn { order_id, reason }, &state);
        state
    }

    /// A driver who goes away, or has an order, takes no offer any more.
    pub(crate) fn set_free(&mut self, state: &mut DriverState) {
        if let Some(offer) = state.offer.take() {
            refuse(&offer);
        }
    }
}

fn refuse(offer: &Delivery) {
    let restaurant = RestaurantClient::of(&offer.restaurant_id);
    restaurant.send_offer_rejected(&offer.order_id, &context::key());
}
