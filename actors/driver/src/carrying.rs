//! An order comes into the car, and leaves it.

use silo_sdk::{CallError, context};

use crate::bindings::clients::OrderClient;
use crate::bindings::types::{Availability, DriverState, OrderState, Refusal, Status, Trouble};
use crate::notifications::{self, Ended, News};
use crate::position;
use crate::refusal::{conflict, idle, of_call};
use crate::state::Driver;
use crate::trips::{self, Trip};

impl Driver {
    pub(crate) fn carry(
        &mut self,
        mut state: DriverState,
        order_id: &str,
        restaurant_id: &str,
    ) -> DriverState {
        // An offer of another order is open to others from now on.
        self.set_free(&mut state);
        state.order_id = Some(order_id.to_owned());
        self.carries_for = Some(restaurant_id.to_owned());
        state.status = Availability::Busy;
        self.trip = Some(Trip::begins());
        position::watch();
        let state = self.tell(state);
        self.announce(News::Assigned { order_id }, &state);
        state
    }

    /// The order in the car. A phone may say late what it was told long ago: that was not of the order
    /// that came after.
    ///
    /// # Errors
    /// When there is none, or another one than is meant.
    pub(crate) fn carries(&self, meant: Option<String>) -> Result<(DriverState, String), Refusal> {
        let state = self.known()?;
        let order_id = state.order_id.clone().ok_or_else(|| idle(&state))?;
        if let Some(meant) = meant.filter(|meant| *meant != order_id) {
            let message = format!("the driver carries {order_id}, and not {meant}");
            return Err(conflict(&message, &state, &[]));
        }
        Ok((state, order_id))
    }

    /// # Errors
    /// When there is no order, or another one, or it does not agree.
    pub(crate) fn picks_up(&mut self, meant: Option<String>) -> Result<DriverState, Refusal> {
        let (state, order_id) = self.carries(meant)?;
        let moved = OrderClient::of(&order_id).update_status(Status::OutForDelivery, None, None);
        let order = moved.map_err(|error| of_call(error, &state))?;
        self.moved(&order_id, order.status, order.version, &state);
        Ok(state)
    }

    /// The order has moved on; the same again is no news.
    pub(crate) fn moved(
        &mut self,
        order_id: &str,
        status: Status,
        version: u64,
        state: &DriverState,
    ) {
        let trip = self.trip.get_or_insert_with(Trip::begins);
        if status != Status::OutForDelivery || trip.picked_up_at.is_some() {
            return;
        }
        trip.picked_up_at = Some(context::now_ms());
        let news = News::Order {
            order_id,
            status,
            version,
        };
        self.announce(news, state);
    }

    /// # Errors
    /// When there is no order, or another one, or it does not agree.
    pub(crate) fn gives_back(
        &mut self,
        trouble: Trouble,
        meant: Option<String>,
    ) -> Result<DriverState, Refusal> {
        let (state, order_id) = self.carries(meant)?;
        let restaurant_id = match OrderClient::of(&order_id).give_back() {
            Ok(order) => order.restaurant_id,
            Err(error) => {
                let rid = self.is_rid_of(&order_id, &error);
                rid.ok_or_else(|| of_call(error, &state))?
            }
        };
        notifications::alert(&restaurant_id, &order_id, trouble);
        Ok(self.set_down(state, Ended::Returned))
    }

    /// The restaurant of an order that refuses to be given back or gives no answer, where the driver is
    /// rid of it all the same.
    fn is_rid_of(&self, order_id: &str, error: &CallError<Refusal>) -> Option<String> {
        let order = OrderClient::of(order_id);
        match (order.get(), error) {
            // The answer may be lost, of this time or one before, though the order is back. Then it
            // refuses each further try, and nobody has told the manager or gone off duty yet.
            (Ok(order), _) => (!is_carried(&order)).then_some(order.restaurant_id),
            // It may be back, or not have heard of it: a message reaches it in any case, and is refused
            // where it is back. A driver who waited for an answer would be found without an order
            // later, and be offered the next one beside a broken scooter.
            (Err(CallError::Call(_)), CallError::Call(_)) => {
                let restaurant_id = self.carries_for.clone()?;
                order.send_give_back();
                Some(restaurant_id)
            }
            _ => None,
        }
    }

    /// The driver has no order any more, and is free; but not who has given one back: the next
    /// one would be offered to somebody who stands beside a broken scooter.
    pub(crate) fn set_down(&mut self, mut state: DriverState, reason: Ended) -> DriverState {
        let order_id = state.order_id.take().unwrap_or_default();
        self.carries_for = None;
        let trip = self.trip.take();
        if reason == Ended::Delivered {
            state.delivered += 1;
            trips::arrived(&order_id, trip.unwrap_or_else(Trip::begins));
        }
        state.status = Availability::Available;
        if reason == Ended::Returned {
            state.status = Availability::Offline;
            self.since = None;
        }
        state.lost_signal = false;
        position::stop_watching();
        let state = self.tell(state);
        let order_id = &order_id;
        self.announce(News::Released { order_id, reason }, &state);
        state
    }
}

/// Whether the order says that it is this driver's.
fn is_carried(order: &OrderState) -> bool {
    order.driver_id.as_deref() == Some(&*context::key())
}
