//! Write an actor: a type that holds its state, and methods on it.
//!
//! # An actor, whole
//!
//! `actors/order/wit/world.wit` says what it exports and whom it calls:
//!
//! ```wit
//! package pizzeria:order-actor;
//!
//! world order-actor {
//!     include silo:actor/host@0.1.0;
//!
//!     import pizzeria:inventory/inventory-client@0.1.0;
//!
//!     export pizzeria:order/order@0.1.0;
//!     export pizzeria:order/order-queries@0.1.0;
//!     export silo:actor/lifecycle@0.1.0;
//!     export silo:actor/reminder-events@0.1.0;
//! }
//! ```
//!
//! `actors/order/src/lib.rs` is the rest (`actors/chef` is one that runs):
//!
//! ```ignore
//! use std::time::Duration;
//!
//! use bindings::clients::InventoryClient;
//! use bindings::types::{NewOrder, OrderState, Refusal, Reservation};
//! use bindings::{order, order_queries, reminder_events};
//! use serde::{Deserialize, Serialize};
//! use silo_sdk::{CallError, context, log, reminders, streams};
//!
//! silo_sdk::actor! { state: Order }
//!
//! #[derive(Default, Serialize, Deserialize)]
//! #[silo_sdk::state(schema = 1)]
//! pub struct Order {
//!     order: Option<OrderState>,
//! }
//!
//! #[silo_sdk::commands]
//! impl order::Guest for Order {
//!     fn create(&mut self, order: NewOrder) -> Result<OrderState, Refusal> {
//!         let key = context::key();
//!         let reserved = match InventoryClient::of(&order.restaurant_id).reserve(&key, &order.items) {
//!             Ok(Reservation::Reserved(items)) => items,
//!             Ok(Reservation::Unavailable(shortage)) => return Ok(self.reject(shortage)),
//!             Err(CallError::Refused(refusal)) => return Err(refusal),
//!             Err(CallError::Call(failure)) => return Err(try_again(failure)),
//!         };
//!         let state = self.open(order, reserved);
//!         streams::publish("order-events", &key, &state);
//!         reminders::set("check-progress", Duration::from_secs(600));
//!         log::info!("{key} is created");
//!         Ok(state)
//!     }
//!     // … every other function of the interface
//! }
//!
//! #[silo_sdk::queries]
//! impl order_queries::Guest for Order {
//!     fn get(&self) -> Result<OrderState, Refusal> {
//!         self.order.clone().ok_or_else(|| Refusal::NotFound(context::key()))
//!     }
//! }
//!
//! #[silo_sdk::commands]
//! impl reminder_events::Guest for Order {
//!     fn on_reminder(&mut self, name: String, due: u64, missed: u32) { /* … */ }
//! }
//!
//! #[test]
//! fn an_order_reserves_its_ingredients() {
//!     use silo_sdk::testing::{Host, ok};
//!
//!     let host = Host::new("order", "order-1");
//!     host.answer("inventory", "reserve", |_restaurant, arguments| {
//!         assert_eq!(arguments["orderId"], "order-1");
//!         ok(Reservation::Reserved(vec![margherita()]))
//!     });
//!     Order::default().create(new_order()).unwrap();
//!     assert_eq!(host.published("order-events")[0]["status"], "created");
//!     assert!(host.reminders().contains_key("check-progress"));
//! }
//! ```
//!
//! `cargo test` runs it natively, and
//! `cargo build -p … --target wasm32-wasip2 --profile actor` makes the component.
//!
//! # The macros
//!
//! - [`actor!`] at the root of the crate, once: `state:` is the type (a plain name, in scope);
//!   `world:` is needed only where `./wit` has several; `wit: ["wit", "../../wit"]` says where
//!   packages are found (the folders themselves and two levels below; the first has the world).
//!   The crate needs `serde`, and nothing of wit-bindgen.
//! - [`manifest!`] at the root of the crate, once: what the actor asks for beyond its own
//!   state; without it, it may neither call, publish, nor set timers.
//! - [`macro@state`]`(schema = 1)` on the type, and where wanted `migrate = Order::from_older`
//!   (`fn(u32, &[u8]) -> Result<Order, String>`, see [`state::decode`]), `activate = Order::wake`
//!   and `deactivate = Order::rest` (`fn(&Order)`). Or write `impl silo_sdk::State` yourself.
//! - [`macro@commands`] and [`macro@queries`] on `impl <interface>::Guest for Order`. The methods
//!   take `&mut self` or `&self`, or no `self` (`subscriptions`), and become public methods
//!   of the type, so two interfaces of one actor cannot have functions of one name.
//!
//! A world that exports `silo:actor/lifecycle` needs nothing more: `actor!` implements it.
//!
//! # What a turn does
//!
//! A command loads the state (`Default` if there is none), runs the method, and saves the state if
//! its bytes changed. A command that returns `Err` declines: nothing is saved, and the silo drops
//! everything the turn staged. A query never saves. A panic is a trap: the turn has not happened.
//! State is MessagePack with named fields: add a field with `#[serde(default)]`, or raise the
//! schema number and migrate. Keep maps in it ordered (`BTreeMap`): the order of a `HashMap` would
//! look like a change in every turn. What grows without bound belongs in an [`entries::Table`].
//!
//! # What an actor may use of the silo
//!
//! [`context`] says who asks and when, [`config`] what the operator set; [`calls`] reaches actors
//! without a generated client, [`streams`] publishes, [`timers`] and [`reminders`] call the actor
//! later, [`log`] speaks to the operator, [`plugins`] asks what an operator bound to the actor.
//! Beside its state an actor has [`entries`]. One that has nothing more to do says so by
//! [`state::end`], so that it does not stay for ever.
//!
//! # What `actor!` puts into `bindings`
//!
//! - `bindings::order`, `bindings::timer_events`, …: each exported interface, with its `Guest`.
//!   `bindings::stream_events::Event` is what `on_events` gets a list of.
//! - `bindings::types`: every record, variant, enum and alias of the contracts, also of the actors that
//!   are called; define them in an interface of their own (`interface types`), as what an
//!   exported interface defines itself is in that interface's module. Of two with one name the actor's own wins; another one is at its full path,
//!   `pizzeria:inventory/types` being `bindings::pizzeria::inventory::types`.
//! - `bindings::clients::InventoryClient`, for each imported `…-client`:
//!   `InventoryClient::of(key).reserve(order_id, items)` asks and waits;
//!   `.send_consume(order_id)` is a durable one-way message. Strings, lists and records
//!   that contain them are lent (`&str`, `&[T]`, `&T`, `Option<&str>`), the rest is passed by value.
//!   An ask returns `Result<T, `[`CallError`]`<Refusal>>` where the target returns a
//!   `result<T, refusal>`, and `Result<T, `[`CallFailure`]`>` where it returns `T`.
//!
//! - `bindings::bounds::create(&order)?`, for each function whose contract says more of its
//!   arguments than their types ([`bounds`]), and that may decline with
//!   `invalid(list<violation>)`.
//!
//! All these types have `Clone`, `Debug`, `PartialEq`, `Serialize` and `Deserialize`; their JSON is that of the
//! edges: camel case, absent values left out.
//!
//! # Inside
//!
//! - `bindings`: the platform's imports; `turn_export`: the export that takes a whole turn
//! - `host`: what the modules above call: the turn's buffer (`staged`) or the imports
//! - `turn`, `whole`: what is around a method, called by itself or with all of its turn
//! - `wire`: JSON of arguments and replies

#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod turn;
#[doc(hidden)]
pub mod turn_export;
#[doc(hidden)]
pub mod whole;
#[doc(hidden)]
pub mod wire;

pub mod bounds;
pub mod calls;
pub mod config;
pub mod context;
pub mod entries;
mod host;
pub mod log;
mod manifest;
pub mod plugins;
pub mod reminders;
mod staged;
pub mod state;
pub mod streams;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod timers;

// What is generated names this crate as actors do.
extern crate self as silo_sdk;

pub use calls::{CallError, CallFailure};
pub use silo_sdk_macros::{actor, commands, queries, state};
pub use state::State;

/// Decoding of event payloads: `silo_sdk::json::from_str(&event.payload)`.
pub use serde_json as json;

#[doc(hidden)]
pub use {serde, wit_bindgen};
