//! People who are not there, and speak MQTT to a broker that nobody had to set up.

use crate::common::until;
use crate::mqtt_broker::client::Subscriber;
use crate::mqtt_broker::world::World;

#[test]
fn one_command_is_a_pizzeria_with_drivers_on_the_road() {
    let config = "[simulate]\ndrivers = 2\norders_per_minute = 120\nspeed = 300\n\
                  reject_percent = 0\n";
    let world = World::with(config, &["--simulate", "--speed", "480"]);
    let topics = ["-q", "1", "-t", "pizza/drivers/+/location", "-F", "%t %p"];
    let mut heard = Subscriber::new(world.mqtt(), &topics);
    until("a delivery", || {
        let metrics = world.pizza.get("/api/restaurants/napoli/metrics").json();
        (metrics["lastDay"]["delivered"].as_u64()? >= 1).then_some(())
    });
    for topic in heard.lines(5) {
        assert!(topic.starts_with("pizza/drivers/live-"), "{topic}");
    }
}
