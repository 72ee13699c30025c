//! A client that is nothing of ours and nothing of Mosquitto's.

use crate::common::paho::Phone;
use crate::world::World;

#[test]
fn a_phone_with_paho_lives_with_the_broker_of_the_process() {
    let world = World::new("");
    let port = world.mqtt().port();
    for version in ["3.1.1", "5"] {
        let manners = &[];
        let phone = Phone {
            port,
            version,
            manners,
        };
        phone.lives(&world.pizza);
    }
}
