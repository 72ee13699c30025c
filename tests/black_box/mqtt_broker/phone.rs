//! A client that is nothing of ours and nothing of Mosquitto's.

use crate::common::paho::Phone;
use crate::mqtt_broker::world::World;

#[test]
fn a_phone_with_paho_lives_with_the_broker_of_the_process_also_behind_tls() {
    let world = World::with("speed = 600\n", &["--mqtts", "127.0.0.1:0"]);
    let certificate = world.dir.path().join("data/tls/certificate.pem");
    let trust = ["--ca".to_owned(), certificate.display().to_string()];
    let tls = world.pizza.mqtts.expect("a listener with TLS").port();
    for version in ["3.1.1", "5"] {
        let (port, manners) = (world.mqtt().port(), &[]);
        let plain = Phone {
            port,
            version,
            manners,
        };
        plain.lives(&world.pizza);
        let secured = Phone {
            port: tls,
            version,
            manners: &trust,
        };
        secured.lives(&world.pizza);
    }
}
