//! Phones as they are: the configuration of docs/mqtt.md, word for word, and what the apps
//! publish (OwnTracks booklet, "JSON"; Traccar's position forwarding and OsmAnd protocol).

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{Pizza, now_ms, until};
use crate::mqtt_bridge::broker::Mosquitto;
use crate::mqtt_bridge::world::World;

/// The examples of the page, one after the other.
fn documented() -> String {
    let page = include_str!("../../../docs/mqtt.md");
    let section = page.split("\n## OwnTracks and Traccar\n").nth(1);
    let section = section.and_then(|rest| rest.split("\n## ").next());
    let section = section.expect("the page has its section");
    let blocks = section.split("```toml\n").skip(1);
    let blocks: Vec<_> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 3, "OwnTracks, Traccar, its client");
    blocks.concat()
}

struct Outdoors {
    pizza: Pizza,
    mosquitto: Mosquitto,
    _data: TempDir,
}

impl Outdoors {
    fn new() -> Self {
        let mosquitto = Mosquitto::start();
        let data = tempfile::tempdir().expect("a directory");
        let head = format!("[bridge]\nbroker = \"{}\"\n", mosquitto.url());
        let file = data.path().join("pizza.toml");
        std::fs::write(&file, head + &documented()).expect("a file");
        // Comes to anybody who subscribes, so its effect shows that the bridge has.
        let first = json!({"_type": "location", "lat": 1, "lon": 1, "tst": now_ms() / 1_000});
        mosquitto.retain("owntracks/first/phone", &first.to_string());
        let config = file.display().to_string();
        let outdoors = Self {
            pizza: Pizza::start(data.path(), &["--config", &config]),
            mosquitto,
            _data: data,
        };
        outdoors.driver("first", |driver| driver["location"]["lat"] == 1.0);
        outdoors
    }

    fn say(&self, topic: &str, payload: &Value) {
        let payload = payload.to_string();
        self.mosquitto.publish(topic, payload.as_bytes());
    }

    /// The driver, once it is as expected.
    fn driver(&self, id: &str, is: impl Fn(&Value) -> bool) -> Value {
        until(&format!("driver {id}"), || {
            let answer = self.pizza.get(&format!("/api/drivers/{id}/status"));
            Some(answer.json()).filter(|driver| is(driver))
        })
    }

    /// No message before this one was a dead letter.
    fn nothing_was_lost(&self, letters: crate::mqtt_bridge::broker::Subscriber) {
        self.mosquitto.publish("owntracks/last/phone", b"no JSON");
        let letters = letters.payloads();
        assert_eq!(letters[0]["topic"], "owntracks/last/phone", "{letters:?}");
    }
}

fn seconds(time: &Value) -> u64 {
    let text = time.as_str().expect("a time");
    assert!(text.ends_with(".000Z"), "{text}");
    let out = std::process::Command::new("date")
        .args(["-d", text, "+%s"])
        .output();
    let out = String::from_utf8(out.expect("date runs").stdout).expect("text");
    out.trim().parse().expect("a number")
}

#[test]
fn a_phone_with_owntracks_is_a_driver_by_configuration_alone() {
    let outdoors = Outdoors::new();
    let letters = outdoors.mosquitto.subscribe("pizza/dead-letter", 1);
    let topic = "owntracks/jane/phone";
    let tst = now_ms() / 1_000;
    outdoors.say(topic, &json!({"_type": "lwt", "tst": tst - 90_000}));
    outdoors.say(
        topic,
        &json!({"_type": "encrypted", "data": "rCwdU9xwE5ePmDYEtUmvUdNh"}),
    );
    let location = json!({
        "_type": "location", "acc": 12, "alt": 154, "batt": 53, "bs": 1, "cog": 271,
        "conn": "m", "created_at": tst, "inregions": ["Pizzeria"], "lat": 40.8518, "lon": 14.2681,
        "p": 100.2, "t": "u", "tid": "JJ", "topic": topic, "tst": tst, "vac": 3, "vel": 54,
    });
    outdoors.say(topic, &location);
    let jane = outdoors.driver("jane", |driver| driver["location"]["lat"] == 40.8518);
    assert_eq!(
        jane["motion"],
        json!({"accuracy": 12.0, "speed": 15.0, "heading": 271.0})
    );
    assert_eq!(seconds(&jane["locatedAt"]), tst);
    // An iPhone that stands still: it knows neither, and its position counts.
    let mut still = location;
    for (name, value) in [("tst", json!(tst + 1)), ("lat", json!(40.86))] {
        still[name] = value;
    }
    still["vel"] = json!(-1);
    still["cog"] = json!(-1);
    outdoors.say(topic, &still);
    let jane = outdoors.driver("jane", |driver| driver["location"]["lat"] == 40.86);
    assert_eq!(jane["motion"], json!({"accuracy": 12.0}));
    outdoors.nothing_was_lost(letters);
    let counted = outdoors.pizza.get("/metrics").text();
    let line = "pizza_bridge_ignored_total{mapping=\"owntracks/{user}/{device}\"} 2";
    assert!(counted.contains(line), "{counted}");
}

/// As the server forwards it.
fn forwarded(latitude: f64, fix_time: &str, valid: bool) -> Value {
    json!({
        "position": {
            "id": 4711, "attributes": {"batteryLevel": 80.0, "distance": 3.1, "motion": true},
            "deviceId": 17, "protocol": "osmand", "serverTime": fix_time, "deviceTime": fix_time,
            "fixTime": fix_time, "outdated": false, "valid": valid, "latitude": latitude,
            "longitude": 14.2681, "altitude": 12.0, "speed": 10.0, "course": 90.0, "address": null,
            "accuracy": 5.0, "network": null, "geofenceIds": null,
        },
        "device": {
            "id": 17, "attributes": {}, "groupId": 0, "calendarId": 0, "name": "Luca",
            "uniqueId": "48241179", "status": "online", "lastUpdate": fix_time, "positionId": 4710,
            "phone": null, "model": null, "contact": null, "category": "scooter", "disabled": false,
            "expirationTime": null,
        },
    })
}

/// As Java writes the time of now, or a second later.
fn java(later: u64) -> String {
    let at = format!("@{}", now_ms() / 1_000 + later);
    let out = std::process::Command::new("date");
    let mut out = out;
    let out = out.args(["-u", "-d", &at, "+%Y-%m-%dT%H:%M:%S.000+00:00"]);
    let text = String::from_utf8(out.output().expect("date runs").stdout);
    text.expect("text").trim().to_owned()
}

#[test]
fn a_phone_behind_a_traccar_server_is_a_driver_by_configuration_alone() {
    let outdoors = Outdoors::new();
    let letters = outdoors.mosquitto.subscribe("pizza/dead-letter", 1);
    outdoors.say("positions", &forwarded(40.8518, &java(0), true));
    let luca = outdoors.driver("48241179", |driver| driver["location"]["lat"] == 40.8518);
    let speed = luca["motion"]["speed"].as_f64().expect("a speed");
    assert!((speed - 5.144_444).abs() < 0.001, "{luca}");
    assert_eq!(
        (&luca["motion"]["accuracy"], &luca["motion"]["heading"]),
        (&json!(5.0), &json!(90.0))
    );
    // The server has only guessed.
    outdoors.say("positions", &forwarded(1.0, &java(1), false));
    outdoors.say("positions", &forwarded(40.86, &java(2), true));
    outdoors.driver("48241179", |driver| driver["location"]["lat"] == 40.86);
    outdoors.nothing_was_lost(letters);
    let counted = outdoors.pizza.get("/metrics").text();
    let line = "pizza_bridge_ignored_total{mapping=\"positions\"} 1";
    assert!(counted.contains(line), "{counted}");
}

#[test]
fn what_traccar_client_posts_may_be_passed_on() {
    let outdoors = Outdoors::new();
    let letters = outdoors.mosquitto.subscribe("pizza/dead-letter", 1);
    let timestamp = java(0).replace("+00:00", "Z");
    outdoors.say(
        "traccar-client",
        &json!({
            "location": {
                "timestamp": timestamp,
                "coords": {
                    "latitude": 40.8518, "longitude": 14.2681, "accuracy": 9.5, "speed": -1,
                    "heading": -1, "altitude": 12.0,
                },
                "is_moving": false, "odometer": 120.5, "event": "motionchange",
                "battery": {"level": 0.8, "is_charging": false}, "activity": {"type": "still"},
                "extras": {},
            },
            "device_id": "48241180",
        }),
    );
    let driver = outdoors.driver("48241180", |driver| driver["location"]["lat"] == 40.8518);
    assert_eq!(driver["motion"], json!({"accuracy": 9.5}));
    outdoors.nothing_was_lost(letters);
}

#[test]
fn a_phone_that_knows_little_is_understood_on_every_way_in() {
    let world = World::new("");
    let letters = world.mosquitto.subscribe("pizza/dead-letter", 1);
    let motion = |state: &Value| state["motion"].clone();
    // Over MQTT, with its whole numbers written as a double.
    let topic = "pizza/drivers/ada/location";
    let now = now_ms();
    let said = format!(
        r#"{{"lat": 41.0, "lon": 12.0, "timestamp": {now}.0, "accuracy": 5, "speed": -1, "heading": -1.0}}"#
    );
    world.mosquitto.publish(topic, said.as_bytes());
    let ada = until("the position", || {
        Some(world.status("ada")).filter(|ada| ada["location"]["lat"] == 41.0)
    });
    assert_eq!(motion(&ada), json!({"accuracy": 5.0}));
    // Over HTTP.
    let said = json!({
        "lat": 42, "lon": 12, "timestamp": (now + 1) as f64, "accuracy": -1, "speed": -1, "heading": -1,
    });
    let answer = world.pizza.post("/api/drivers/ada/location", &said);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let ada = answer.json();
    assert_eq!(
        (&ada["location"]["lat"], ada.get("motion")),
        (&json!(42.0), None),
        "{ada}"
    );
    // All that cannot be is told at once, of the place and of the way.
    let wrong = json!({
        "lat": 95, "lon": 12, "timestamp": now + 2, "accuracy": -2, "speed": 1e9, "heading": 361,
    });
    let answer = world.pizza.post("/api/drivers/ada/location", &wrong);
    assert_eq!(answer.status, 422, "{}", answer.text());
    let told = answer.json();
    let told = told["errors"].as_array().expect("mistakes").iter();
    let told: Vec<_> = told
        .filter_map(|mistake| mistake["pointer"].as_str())
        .collect();
    assert_eq!(told, ["/lat", "/accuracy", "/speed", "/heading"]);
    // Through the generic door.
    let said = json!({
        "location": {"lat": 43, "lon": 12}, "at": (now + 2) as f64,
        "motion": {"accuracy": 3, "speed": -1.0},
    });
    let door = "/api/actors/driver/ada/update-location";
    let answer = world.pizza.post(door, &said);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(motion(&answer.json()["ok"]), json!({"accuracy": 3.0}));
    // Without a fix, zero and zero is no position on any of them.
    let nowhere = json!({"lat": 0, "lon": 0, "timestamp": now + 3, "accuracy": -1});
    let answer = world.pizza.post("/api/drivers/ada/location", &nowhere);
    assert_eq!(answer.status, 422, "{}", answer.text());
    let said = json!({"location": {"lat": 0, "lon": 0}, "at": now + 3});
    let answer = world.pizza.post(door, &said);
    assert_eq!(answer.status, 422, "{}", answer.text());
    world
        .mosquitto
        .publish(topic, nowhere.to_string().as_bytes());
    let letter = &letters.payloads()[0];
    assert_eq!(letter["code"], "declined", "{letter}");
    assert!(
        letter["reason"]
            .as_str()
            .is_some_and(|why| why.contains("no position")),
        "{letter}"
    );
    assert_eq!(world.status("ada")["location"]["lat"], 43.0);
}
