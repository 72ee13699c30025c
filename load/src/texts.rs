//! Words of the command line that say what a pizzeria has. The program itself is to know none
//! of them.

use std::net::SocketAddr;

/// What `pizza --help` says first.
pub const LONG_ABOUT: &str = "Awesome Pizza: a WebAssembly actor host and its pizzeria.\n\n\
    Without a command, the whole pizzeria runs in this process: silo, actors, HTTP \
    gateway and MQTT broker, with everything durable under ./data. Stop it with Ctrl-C; start it again \
    and every order goes on.";

/// An actor that there may be.
pub const EXAMPLE_ACTOR: &str = "order/order-17";

/// `pizza simulate`
pub const SIMULATE: &str = "Drivers and customers who keep a running pizzeria busy";

/// `pizza plugin`
pub const PLUGIN: &str = "Have a kitchen ask a plugin for advice";
/// `pizza plugin bind`
pub const PLUGIN_BIND: &str = "Have a kitchen ask a plugin, from now on";
/// `pizza plugin unbind`
pub const PLUGIN_UNBIND: &str = "Let a kitchen decide by itself again";
/// The type whose actors ask plugins.
pub const PLUGIN_ACTOR_TYPE: &str = "kitchen";
/// The placeholder for the key of such an actor.
pub const PLUGIN_ACTOR: &str = "KITCHEN";
pub const PLUGIN_ACTOR_HELP: &str = "The kitchen, for example napoli";

/// The last lines that the server prints when it is open: what to do first.
#[must_use]
pub fn invitation(http: SocketAddr) -> String {
    format!(
        "Order one:\n\
         \x20 curl -X POST http://{http}/api/orders -H 'Content-Type: application/json' \
         -d '{{\"customerId\":\"customer-1\",\"pizzaType\":\"Margherita\"}}'\n"
    )
}
