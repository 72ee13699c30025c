//! What cooks say of single orders, beyond the next step: lost, put back, given to somebody else.

use silo_sdk::CallError;
use silo_sdk::json::{self, Value};

use crate::bindings::clients::{ChefClient, OrderClient};
use crate::bindings::types::{Conflict, OrderState, Refusal, RemakeReason, Status, Ticket};
use crate::card::{Card, Intent};
use crate::queue::Queue;
use crate::staff::full_id;
use crate::state::Kitchen;

/// Where a kitchen has an order.
enum Place {
    /// It waits.
    Queue(Ticket),
    /// Somebody makes it: this chef, or people by hand.
    Hands(Option<String>, Card),
    /// It is not made any more.
    Past(Card),
}

impl Kitchen {
    /// What is in the oven is lost. The order says so, and comes back by itself.
    pub(crate) fn loses(
        &mut self,
        order_id: &str,
        reason: RemakeReason,
    ) -> Result<Ticket, Refusal> {
        let card = match self.place_of(order_id)? {
            Place::Queue(ticket) => {
                return Err(conflict(
                    "it waits; there is nothing to lose",
                    ticket.status,
                ));
            }
            Place::Hands(_, card) | Place::Past(card) => card,
        };
        let order = answer(OrderClient::of(order_id).burn(reason))?;
        Ok(card.answered(&order).ticket(None, None))
    }

    /// Whoever prepares it makes another one first.
    pub(crate) fn requeues(&mut self, order_id: &str) -> Result<Ticket, Refusal> {
        match self.place_of(order_id)? {
            Place::Queue(ticket) => {
                // Somebody may have begun it by hand a moment ago, and its event is still on its way: only
                // the order knows, and it says nothing where it waits.
                answer(OrderClient::of(order_id).requeue())?;
                Ok(ticket)
            }
            Place::Past(card) => Err(conflict("nobody prepares it", card.status)),
            Place::Hands(chef_id, card) => self.frees(chef_id, card, Intent::Later),
        }
    }

    /// Gives it to this chef, from the queue or from whoever prepares it.
    pub(crate) fn gives(&mut self, order_id: &str, chef_id: &str) -> Result<Ticket, Refusal> {
        let chef_id = full_id(chef_id)?;
        let place = self.place_of(order_id)?;
        if let Place::Hands(Some(holder), card) = &place
            && *holder == chef_id
        {
            return Ok(card.ticket(Some(holder), None));
        }
        self.is_free(&chef_id)?;
        match place {
            Place::Queue(ticket) => {
                let Some(card) = self.queue.take(order_id) else {
                    return Ok(ticket);
                };
                Ok(self.give(&chef_id, card, None))
            }
            Place::Past(card) => Err(conflict("it is not to be made", card.status)),
            Place::Hands(holder, card) => self.frees(holder, card, Intent::Chef(chef_id)),
        }
    }

    /// Has it given back by whoever prepares it. The chef or the order says when that is done; what
    /// becomes of it then is noted with it.
    fn frees(
        &mut self,
        chef_id: Option<String>,
        mut card: Card,
        intent: Intent,
    ) -> Result<Ticket, Refusal> {
        if !matches!(card.status, Status::Created | Status::Preparing) {
            return Err(conflict("what is in the oven can only burn", card.status));
        }
        card.intent = Some(intent);
        let Some(chef_id) = chef_id else {
            self.made.put_by_hand(&card);
            let order = answer(OrderClient::of(&card.order_id).requeue())?;
            return Ok(card.answered(&order).ticket(None, None));
        };
        // A message: should it be in the oven by now, the chef keeps it.
        ChefClient::of(&chef_id).send_requeue(&card.order_id, card.remakes);
        let ticket = card.ticket(Some(&chef_id), None);
        if let Some(chef) = self.chefs.get_mut(&chef_id) {
            chef.ticket = Some(card);
        }
        Ok(ticket)
    }

    fn place_of(&self, order_id: &str) -> Result<Place, Refusal> {
        if let Some(chef_id) = self.cook_of(order_id)
            && let Some(card) = self
                .chefs
                .get(&chef_id)
                .and_then(|chef| chef.ticket.clone())
        {
            return Ok(Place::Hands(Some(chef_id), card));
        }
        if let Some(ticket) = Queue::ticket(order_id) {
            return Ok(Place::Queue(ticket));
        }
        if let Some(card) = self.made.by_hand(order_id) {
            return Ok(Place::Hands(None, card));
        }
        let card = self.made.ready(order_id);
        card.map(Place::Past).ok_or_else(|| {
            Refusal::NotFound(format!("the order {order_id} is not in this kitchen"))
        })
    }

    fn is_free(&self, chef_id: &str) -> Result<(), Refusal> {
        let Some(chef) = self.chefs.get(chef_id) else {
            return Err(Refusal::NotFound(format!("{chef_id} does not work here")));
        };
        let why = match &chef.ticket {
            Some(card) => format!("{chef_id} has {} in hand", card.order_id),
            None if !chef.on_shift => format!("{chef_id} is off shift"),
            None => return Ok(()),
        };
        Err(refused(why, None))
    }
}

/// What an order has answered, or why it has not.
fn answer(asked: Result<OrderState, CallError<Refusal>>) -> Result<OrderState, Refusal> {
    asked.map_err(|error| match error {
        CallError::Refused(refusal) => refusal,
        CallError::Call(failure) => refused(format!("the order gave no answer: {failure:?}"), None),
    })
}

fn conflict(why: &str, status: Status) -> Refusal {
    refused(why.to_owned(), Some(status))
}

fn refused(message: String, status: Option<Status>) -> Refusal {
    // As it is spelled in JSON, like everywhere.
    let name = |status: Status| match json::to_value(status) {
        Ok(Value::String(name)) => Some(name),
        _ => None,
    };
    Refusal::Conflict(Conflict {
        message,
        current: status.and_then(name),
        wanted: None,
        allowed: Vec::new(),
    })
}
