//! What a kitchen's screens see: all of it when they ask, and then each change as an event.

use serde::Serialize;
use silo_sdk::{config, context, streams};

use crate::bindings::types::{
    Alert, KitchenDisplay, KitchenStatus, OvenReading, PluginStatus, Station, Ticket,
};
use crate::chef::Chef;
use crate::queue::Queue;
use crate::state::Kitchen;

/// By kitchen; the name is part of the contract.
const EVENTS: &str = "kitchen-events";
/// How many of those that wait are shown.
const SHOWN_MAX: u32 = 100;
/// How hot an oven should be where nobody has said, in degrees Celsius.
const OVEN_MIN: f64 = 200.0;
const OVEN_MAX: f64 = 400.0;

/// One change; each event carries all that is known of what has changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Change<'a> {
    Ticket(&'a Ticket),
    Station(&'a Station),
    Oven(&'a OvenReading),
    Alert(&'a Alert),
    /// The orders that the plugin would have made next.
    Queue(&'a [String]),
    Plugin(&'a PluginStatus),
}

#[derive(Serialize)]
struct KitchenEvent<'a> {
    at: u64,
    #[serde(flatten)]
    change: Change<'a>,
}

pub(crate) fn tell(change: Change<'_>) {
    let at = context::now_ms();
    let event = KitchenEvent { at, change };
    streams::publish(EVENTS, &context::key(), &event);
}

/// A reading, with how hot the oven should be.
pub(crate) fn judged(reading: &OvenReading) -> OvenReading {
    let max = config::parse_or("oven-max", OVEN_MAX);
    OvenReading {
        min: Some(config::parse_or("oven-min", OVEN_MIN)),
        max: Some(max),
        is_too_hot: Some(reading.temperature > max),
        ..reading.clone()
    }
}

impl Kitchen {
    pub(crate) fn tell_station(&self, chef_id: &str) {
        if let Some(chef) = self.chefs.get(chef_id) {
            tell(Change::Station(&station(chef_id, chef)));
        }
    }

    pub(crate) fn view(&self) -> KitchenStatus {
        let count = |f: fn(&&Chef) -> bool| {
            u32::try_from(self.chefs.values().filter(f).count()).unwrap_or(u32::MAX)
        };
        KitchenStatus {
            kitchen_id: context::key(),
            pending: self.queue.waiting,
            active: count(|chef| chef.ticket.is_some()),
            available_chefs: count(|chef| chef.is_available()),
            ovens: self.ovens.values().map(judged).collect(),
            alerts: self.numbered_alerts(),
            plugin: self.trust.view(),
        }
    }

    pub(crate) fn everything(&self) -> KitchenDisplay {
        let chefs = self.chefs.iter();
        let cooked = chefs.filter_map(|(chef_id, chef)| {
            let card = chef.ticket.as_ref()?;
            Some(card.ticket(Some(chef_id), None))
        });
        let by_hand = self.made.all_by_hand();
        let by_hand = by_hand.iter().map(|card| card.ticket(None, None));
        let ready = self.made.all_ready();
        KitchenDisplay {
            status: self.view(),
            stations: self.stations(),
            queue: self.next_up(),
            active: cooked.chain(by_hand).collect(),
            ready: ready.iter().map(|card| card.ticket(None, None)).collect(),
        }
    }

    pub(crate) fn stations(&self) -> Vec<Station> {
        let chefs = self.chefs.iter();
        chefs
            .map(|(chef_id, chef)| station(chef_id, chef))
            .collect()
    }

    /// The first of the queue: as the plugin has advised, the others as they came.
    fn next_up(&self) -> Vec<Ticket> {
        let mut queue = Queue::page(None, SHOWN_MAX);
        let advised = |ticket: &Ticket| {
            let mut line = self.line.iter();
            line.position(|order_id| *order_id == ticket.order_id)
        };
        // Stable, so that those without advice keep their order.
        queue.sort_by_key(|ticket| advised(ticket).unwrap_or(usize::MAX));
        queue
    }
}

fn station(chef_id: &str, chef: &Chef) -> Station {
    Station {
        chef_id: chef_id.to_owned(),
        on_shift: chef.on_shift,
        order_id: chef.ticket.as_ref().map(|card| card.order_id.clone()),
        since: chef.since,
        ready_at: chef.ready_at,
    }
}
