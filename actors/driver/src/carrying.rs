//! An order comes into the car, and leaves it.

use crate::bindings::types::{Availability, DriverState};
use crate::position;
use crate::state::Driver;

impl Driver {
    pub(crate) fn carry(&mut self, state: &mut DriverState, order_id: String) {
        // An offer of another order is open to others from now on.
        self.set_free(state);
        state.order_id = Some(order_id);
        state.status = Availability::Busy;
        position::watch();
    }

    pub(crate) fn is_free(&mut self, mut state: DriverState) -> DriverState {
        state.status = Availability::Available;
        state.lost_signal = false;
        position::stop_watching();
        self.tell(state)
    }
}
