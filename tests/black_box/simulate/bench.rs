//! `pizza bench mqtt`: nothing that the broker has taken is lost on its way.

use crate::simulate::world::{World, report};

#[test]
fn positions_arrive_at_the_customers_and_none_is_lost() {
    let world = World::new();
    let mut bench = world.command(&["bench", "mqtt"]);
    bench.args(["--mqtt", &world.mosquitto.url(), "--drivers", "12"]);
    bench.args(["--rate", "100", "--seconds", "2", "--warm-up", "1"]);
    let report = report(&bench.output().expect("it runs"));
    assert_eq!(report["lost"], 0, "{report}");
    let step = &report["steps"][0];
    // At the edges of the measured time one more or less of each driver counts.
    let published = step["published"].as_u64().expect("a number");
    assert!((188..=212).contains(&published), "{report}");
    assert_eq!(step["planned"], step["published"], "{report}");
    assert_eq!(step["seen"], step["published"], "{report}");
    let ms = |latency: &str, name: &str| {
        let latency = &step["latencyMs"][latency];
        latency[name].as_f64().expect("a number")
    };
    for latency in ["publishToAcknowledged", "publishToCustomer"] {
        assert!(ms(latency, "p50") > 0.0, "{report}");
        assert!(ms(latency, "p50") <= ms(latency, "p99"), "{report}");
    }
}
