//! Who may do what over MQTT, by the tokens that HTTP takes.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::common::sse::Reader;
use crate::common::{Pizza, until};
use crate::mqtt_bridge::apart::Apart;
use crate::mqtt_broker::client::{Subscriber, command};
use crate::mqtt_broker::world::World;

const TOKENS: &str = r#"
[[gateway.tokens]]
token = "token-of-driver-1"
role = "driver"
subject = "driver-1"

[[gateway.tokens]]
token = "token-of-customer-1"
role = "customer"
subject = "customer-1"

[[gateway.tokens]]
token = "token-of-napoli"
role = "manager"
subject = "napoli"

[[gateway.tokens]]
token = "token-of-roma"
role = "manager"
subject = "roma"
"#;
const DENIED: &str = "pizza_broker_refused_total{reason=\"no right to publish\"}";
const RESERVED: &str =
    "pizza_broker_refused_total{reason=\"only the pizzeria publishes to this topic\"}";

/// One of Mosquitto's clients, with this token as its password.
fn client(world: &World, program: &str, token: &str, options: &[&str]) -> Output {
    let mut client = command(program, world.mqtt(), options);
    if !token.is_empty() {
        client.args(["-u", "phone", "-P", token]);
    }
    client.output().expect("it runs")
}

fn tell(world: &World, token: &str, version: &str, topic: &str, more: &[&str]) -> Output {
    let what = ["-q", "1", "-V", version, "-t", topic];
    client(world, "mosquitto_pub", token, &[&what[..], more].concat())
}

#[test]
fn a_phone_speaks_for_nobody_but_itself_and_for_as_long_as_its_token_is_good() {
    let mut world = World::new(TOKENS);
    let driver = "token-of-driver-1";
    for (count, version) in ["mqttv311", "mqttv5"].into_iter().enumerate() {
        let available = ["-m", "available"];
        let others = "pizza/drivers/driver-2/status";
        let said = tell(&world, driver, version, others, &available);
        // Version 3.1.1 has no word for a refusal: it is acknowledged, dropped, and counted.
        let said = String::from_utf8_lossy(&said.stderr).to_lowercase();
        assert_eq!(
            said.contains("not authorized"),
            version == "mqttv5",
            "{said}"
        );
        until("the refusal to be counted", || {
            (world.counted(DENIED) >= (count + 1) as f64).then_some(())
        });
        assert!(world.status("driver-2").is_null());
        let own = "pizza/drivers/driver-1/status";
        assert!(
            tell(&world, driver, version, own, &available)
                .status
                .success()
        );
        world.becomes("driver-1", "available");
        assert!(
            tell(&world, driver, version, own, &["-m", "offline"])
                .status
                .success()
        );
        world.becomes("driver-1", "offline");
        // A will is a message too.
        let will = [
            "-m",
            "x",
            "--will-topic",
            others,
            "--will-payload",
            "offline",
        ];
        assert!(!tell(&world, driver, version, own, &will).status.success());
    }
    // The token is taken back: who has it is out, and not let in again.
    world.pizza.kill_and_wait();
    fs::write(world.dir.path().join("pizza.toml"), "").expect("a file");
    world.start_again();
    let own = "pizza/drivers/driver-1/status";
    assert!(
        !tell(&world, driver, "mqttv5", own, &["-m", "available"])
            .status
            .success()
    );
    world.becomes("driver-1", "offline");
}

#[test]
fn a_forged_event_of_an_order_reaches_nobody() {
    let world = World::new(TOKENS);
    let order = world.pizza.order();
    let topic = format!("pizza/orders/{order}/events");
    let everything = ["-q", "1", "-t", "pizza/#", "-F", "%t %p"];
    let mut heard = Subscriber::new(world.mqtt(), &everything);
    let path = format!("/api/orders/{order}/track");
    let mut stream = Reader::open(world.pizza.http, &path, None);
    stream.is_open();
    let of_restaurant = format!("pizza/restaurants/napoli/orders/{order}/events");
    let mut forged = 0.0;
    for token in [
        "",
        "token-of-driver-1",
        "token-of-customer-1",
        "token-of-napoli",
    ] {
        for version in ["mqttv311", "mqttv5"] {
            for topic in [&topic, &of_restaurant, "pizza/dead-letter"] {
                let lie = r#"{"orderId": "forged", "status": "delivered"}"#;
                tell(&world, token, version, topic, &["-r", "-m", lie]);
                forged += 1.0;
            }
        }
    }
    until("all of them to be refused", || {
        (world.counted(RESERVED) >= forged).then_some(())
    });
    // True events go on, on both topics, and nothing but them.
    for topic in [&topic, &of_restaurant] {
        let line = until("the order to be ready", || {
            let line = heard.line();
            assert!(!line.contains("forged"), "{line}");
            (line.starts_with(topic.as_str()) && line.contains("\"status\":\"ready\""))
                .then_some(line)
        });
        assert!(!line.contains("customerId"), "{line}");
    }
    loop {
        let event = stream.next().expect("an event");
        assert!(!event.data.to_string().contains("forged"), "{event:?}");
        if event.data["status"] == "ready" {
            break;
        }
    }
    let mut late = Subscriber::new(world.mqtt(), &everything);
    let retained = late.line();
    assert!(
        retained.starts_with(&topic) && !retained.contains("forged"),
        "{retained}"
    );
}

#[test]
fn a_manager_follows_the_orders_of_one_restaurant() {
    let world = World::new(TOKENS);
    let filter = |restaurant: &str| format!("pizza/restaurants/{restaurant}/orders/+/events");
    let (own, others) = (filter("napoli"), filter("roma"));
    let napoli = "token-of-napoli";
    let denied = |token: &str, filter: &str| {
        let options = ["-V", "mqttv5", "-q", "1", "-E", "-t", filter];
        let said = client(&world, "mosquitto_sub", token, &options);
        let said = [said.stdout, said.stderr].concat();
        String::from_utf8_lossy(&said).contains("denied")
    };
    assert!(denied(napoli, &others));
    assert!(denied(napoli, "pizza/restaurants/#"));
    assert!(denied(napoli, &format!("$share/g/{others}")));
    assert!(denied("token-of-roma", &own));
    assert!(denied("token-of-customer-1", "pizza/orders/+/events"));
    assert!(!denied(napoli, &own));
    // A session that waits for its manager, and for no other client of its name.
    let session = [
        "-V", "mqttv5", "-c", "-x", "600", "-i", "office", "-q", "1", "-t", &own,
    ];
    let opened = client(
        &world,
        "mosquitto_sub",
        napoli,
        &[&session[..], &["-E"]].concat(),
    );
    assert!(opened.status.success());
    let order = world.pizza.order();
    let all = [
        "-W", "1", "-V", "mqttv5", "-c", "-x", "600", "-i", "office", "-q", "1", "-t", "x",
    ];
    let stranger = client(&world, "mosquitto_sub", "", &all);
    assert!(stranger.stdout.is_empty(), "{stranger:?}");
    let first = [&session[..], &["-C", "1", "-W", "60"]].concat();
    let first = client(&world, "mosquitto_sub", napoli, &first);
    let event: Value = serde_json::from_slice(&first.stdout).expect("an event");
    assert_eq!(event["orderId"], Value::from(order));
    assert_eq!(event["restaurantId"], "napoli");
}

#[test]
fn simulated_drivers_show_a_token_where_nobody_comes_in_without() {
    let config = "[broker]\nanonymous_on_loopback = false\n\
                  [simulate]\ndrivers = 1\norders_per_minute = 60\nspeed = 300\n";
    let world = World::with(config, &["--simulate"]);
    until("a position by MQTT", || {
        let metrics = world.pizza.get("/metrics").text();
        metrics
            .contains("pizza_bridge_messages_total{")
            .then_some(())
    });
    let stranger = tell(
        &world,
        "",
        "mqttv5",
        "pizza/drivers/d/status",
        &["-m", "offline"],
    );
    assert!(!stranger.status.success());
}

#[test]
fn a_bridge_apart_is_a_client_with_a_role_of_its_own() {
    // Its own bridge goes elsewhere, so that the one beside it has everything to do.
    let config = "speed = 600\n[bridge]\nbroker = \"mqtt://127.0.0.1:9\"\nuser = \"beside\"\n\
                  password = \"sesame\"\n[broker]\non = true\n\
                  [broker.users]\nbeside = { password = \"sesame\", role = \"bridge\" }\n";
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("pizza.toml");
    fs::write(&file, config).expect("a file");
    let file = file.display().to_string();
    let pizza = Pizza::start(dir.path(), &["--config", &file]);
    let broker = format!("mqtt://{}", pizza.mqtt.expect("a broker"));
    let bridge = Apart::start(&pizza, &dir, &broker, "beside");
    let order = pizza.order();
    let topic = format!("pizza/orders/{order}/events");
    let listen = [
        "-u", "beside", "-P", "sesame", "-C", "1", "-W", "60", "-q", "1", "-t", &topic,
    ];
    let at = pizza.mqtt.expect("a broker");
    let heard = command("mosquitto_sub", at, &listen)
        .output()
        .expect("it runs");
    let event: Value = serde_json::from_slice(&heard.stdout).expect("an event");
    assert_eq!(event["orderId"], Value::from(order));
    bridge.stop();
}
