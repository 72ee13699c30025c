//! Clients that people use, against the broker of the process: what each of them may expect, in
//! both versions, with TLS, and over WebSocket. The stories are told in their own languages
//! (`clients/`); what they should have come to stands here.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::ports::free_port;
use crate::mqtt_bridge::broker::Mosquitto;
use crate::mqtt_broker::client::{Subscriber, VERSIONS, command, publish};
use crate::mqtt_broker::world::World;

const SOURCES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/black_box/mqtt_broker/clients"
);

/// How a client comes in.
#[derive(Clone, Copy)]
struct Way<'w> {
    scheme: &'w str,
    port: u16,
    ca: Option<&'w str>,
}

fn succeeded(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{errors}");
    said.trim().to_owned()
}

fn tools() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/mqtt-clients");
    succeeded(&mut Command::new(script))
}

fn told(command: &mut Command) -> Value {
    serde_json::from_str(&succeeded(command)).expect("JSON")
}

/// A client in Python: `paho` or `aiomqtt`.
fn python(library: &str, way: Way<'_>, is_5: bool) -> Value {
    let mut story = Command::new(format!("{}/python/bin/python", tools()));
    story.arg(format!("{SOURCES}/{library}_story.py"));
    story.args(["--port", &way.port.to_string()]);
    story.args(["--mqtt", if is_5 { "5" } else { "3.1.1" }]);
    story.args(["--name", &name(library, way, is_5)]);
    if let Some(ca) = way.ca {
        story.args(["--ca", ca]);
    }
    if way.scheme.starts_with("ws") {
        story.arg("--websocket");
    }
    told(&mut story)
}

fn name(library: &str, way: Way<'_>, is_5: bool) -> String {
    format!("{library}-{}-{}", way.scheme, if is_5 { 5 } else { 4 })
}

fn scene(library: &str, way: Way<'_>, is_5: bool) -> Value {
    let path = if way.scheme.starts_with("ws") {
        "/mqtt"
    } else {
        ""
    };
    json!({
        "url": format!("{}://localhost:{}{path}", way.scheme, way.port),
        "version": if is_5 { 5 } else { 4 },
        "name": name(library, way, is_5),
        "ca": way.ca,
    })
}

/// MQTT.js in Node.
fn node(way: Way<'_>, is_5: bool) -> Value {
    let mut story = Command::new("node");
    story.arg(format!("{SOURCES}/node.mjs"));
    story.arg(format!("{}/node_modules/mqtt/build/index.js", tools()));
    story.arg(scene("node", way, is_5).to_string());
    told(&mut story)
}

/// What a message should look like that was published as `at {qos}`.
fn check_published(message: &Value, qos: usize, is_5: bool) {
    assert_eq!(message["payload"], format!("at {qos}"), "{message}");
    assert_eq!(message["qos"], qos, "{message}");
    assert_eq!(message["retain"], false, "{message}");
    let properties = &message["properties"];
    if properties.is_null() {
        return;
    }
    if !is_5 {
        assert_eq!(properties, &json!({}), "{message}");
        return;
    }
    assert_eq!(properties["contentType"], "text/plain", "{message}");
    assert_eq!(properties["correlationData"], "42", "{message}");
    let answers = properties["responseTopic"].as_str().expect("a topic");
    assert!(answers.ends_with("/answers"), "{message}");
    let indicator = &properties["payloadFormatIndicator"];
    assert!(indicator == 1 || indicator == true, "{message}");
    // What is left of a minute.
    let expiry = properties["messageExpiryInterval"].as_u64();
    assert!(
        expiry.is_some_and(|left| (50..=60).contains(&left)),
        "{message}"
    );
    let id = &properties["subscriptionIdentifier"];
    assert!(id == 7 || *id == json!([7]), "{message}");
    let (pairs, object) = (
        json!([["colour", "red"], ["sauce", "tomato"], ["sauce", "cream"]]),
        json!({"colour": "red", "sauce": ["tomato", "cream"]}),
    );
    let given = &properties["userProperties"];
    assert!(*given == pairs || *given == object, "{message}");
}

/// Checks a whole story.
fn check(told: &Value, is_5: bool) {
    assert_eq!(told["connack"]["code"], 0, "{told}");
    check_basics(told, is_5);
    assert_eq!(told["large"], true, "{told}");
    assert_eq!(
        told["session"],
        json!([false, true, "while away"]),
        "{told}"
    );
    let shares = told["shared"].as_array().expect("two").iter();
    let shares: Vec<_> = shares
        .map(|share| share.as_u64().expect("a number"))
        .collect();
    assert_eq!(
        shares.iter().sum::<u64>(),
        10,
        "each to one of them: {told}"
    );
    assert!(shares.iter().all(|share| *share > 0), "{told}");
    assert_eq!(told["sharedOnce"], 10, "{told}");
    assert_eq!(told["noWill"], 0, "it said goodbye: {told}");
    if told["aliasMaximum"]
        .as_u64()
        .is_some_and(|maximum| maximum > 0)
    {
        assert_eq!(told["alias"], json!(["named", "by its number"]), "{told}");
    }
    if let Some(codes) = told.get("unsubscribed") {
        // MQTT 5, 3.11.3: success, and "no subscription existed".
        assert_eq!(codes, &json!([[0], [17]]), "{told}");
    }
}

fn check_basics(told: &Value, is_5: bool) {
    assert_eq!(told["granted"], json!([2]), "{told}");
    let published = told["published"].as_array().expect("messages");
    assert_eq!(published.len(), 3, "each once: {told}");
    for (qos, message) in published.iter().enumerate() {
        check_published(message, qos, is_5);
    }
    let (kept, will) = (&told["retained"], &told["will"]);
    assert_eq!(
        (&kept["payload"], &kept["retain"]),
        (&json!("kept"), &json!(true)),
        "{told}"
    );
    assert_eq!(
        (&will["payload"], &will["qos"]),
        (&json!("gone"), &json!(1)),
        "{told}"
    );
}

struct Open {
    world: World,
    ca: String,
}

impl Open {
    fn new() -> Self {
        let world = World::with("", &["--mqtts", "127.0.0.1:0"]);
        let ca = world.dir.path().join("data/tls/certificate.pem");
        let ca = ca.display().to_string();
        Self { world, ca }
    }

    fn mqtts(&self) -> SocketAddr {
        self.world.pizza.mqtts.expect("MQTT is served with TLS")
    }

    fn ways(&self) -> [Way<'_>; 4] {
        let pizza = &self.world.pizza;
        let way = |scheme, at: SocketAddr| Way {
            scheme,
            port: at.port(),
            ca: None,
        };
        let secured = |way| Way {
            ca: Some(&self.ca),
            ..way
        };
        [
            way("mqtt", self.world.mqtt()),
            secured(way("mqtts", self.mqtts())),
            way("ws", pizza.http),
            secured(way("wss", pizza.https)),
        ]
    }
}

#[test]
fn paho_finds_what_it_expects() {
    let open = Open::new();
    for way in open.ways() {
        for is_5 in [false, true] {
            check(&python("paho", way, is_5), is_5);
        }
    }
}

#[test]
fn mqtt_js_finds_what_it_expects() {
    let open = Open::new();
    for way in open.ways() {
        for is_5 in [false, true] {
            check(&node(way, is_5), is_5);
        }
    }
}

#[test]
fn aiomqtt_finds_what_it_expects() {
    let open = Open::new();
    let [plain, secured, ..] = open.ways();
    for way in [plain, secured] {
        for is_5 in [false, true] {
            let told = python("aiomqtt", way, is_5);
            check_basics(&told, is_5);
            assert_eq!(told["session"]["payload"], "while away", "{told}");
        }
    }
}

/// What the stories want is no word of ours: Mosquitto, which nobody here wrote, does it too.
#[test]
fn the_stories_are_true_of_another_broker() {
    let mosquitto = Mosquitto::start();
    let way = Way {
        scheme: "mqtt",
        port: mosquitto.port(),
        ca: None,
    };
    for is_5 in [false, true] {
        check(&python("paho", way, is_5), is_5);
        check(&node(way, is_5), is_5);
        check_basics(&python("aiomqtt", way, is_5), is_5);
    }
}

#[test]
fn a_page_in_a_browser_speaks_mqtt() {
    let port = free_port().to_string();
    let config = format!("[gateway]\ncors_origins = [\"http://127.0.0.1:{port}\"]\n");
    let world = World::new(&config);
    let mut scenes = Vec::new();
    for (scheme, at) in [("ws", world.pizza.http), ("wss", world.pizza.https)] {
        let way = Way {
            scheme,
            port: at.port(),
            ca: None,
        };
        scenes.extend([false, true].map(|is_5| scene("browser", way, is_5)));
    }
    let mut browser = Command::new("node");
    browser.arg(format!("{SOURCES}/browser.mjs"));
    browser.arg(format!("{}/node_modules/mqtt/dist/mqtt.min.js", tools()));
    browser.args([&port, &Value::from(scenes).to_string()]);
    let all = told(&mut browser);
    let all = all.as_array().expect("stories");
    assert_eq!(all.len(), 4);
    for (story, is_5) in all.iter().zip([false, true].into_iter().cycle()) {
        check(story, is_5);
    }
}

/// Mosquitto's clients, as far as the other tests of the broker do not use them anyway.
#[test]
fn mosquittos_clients_find_what_they_expect() {
    let open = Open::new();
    let plain = open.world.mqtt();
    let trust = ["-h", "localhost", "--cafile", &open.ca];
    for (at, manners) in [(plain, &[][..]), (open.mqtts(), &trust[..])] {
        for version in VERSIONS {
            let with = |options: &[&'static str]| -> Vec<&str> {
                [&["-V", version], manners, options].concat()
            };
            let name = format!("clients/mosquitto/{version}/{}", at.port());
            of_mosquitto(plain, at, &name, &with);
            asks(plain, at, &name, &with);
            if version == "mqttv5" {
                properties(plain, at, &name, &with);
            }
        }
    }
}

/// Messages of each quality, one that is kept, a will, and a session that is resumed.
fn of_mosquitto<'w>(
    plain: SocketAddr,
    at: SocketAddr,
    name: &str,
    with: &impl Fn(&[&'static str]) -> Vec<&'w str>,
) {
    let topic = |rest: &str| format!("{name}/{rest}");
    let tell = |rest: &str, options: &[&'static str]| {
        let topic = topic(rest);
        publish(at, &[&with(options)[..], &["-t", &topic]].concat());
    };
    let everything = topic("#");
    let hears = [
        &with(&["-q", "2", "-F", "%q %r %p"])[..],
        &["-t", &everything],
    ]
    .concat();
    let mut subscriber = Subscriber::behind(plain, at, &hears);
    tell("qos0", &["-q", "0", "-m", "zero"]);
    assert_eq!(subscriber.line(), "0 0 zero");
    tell("qos1", &["-q", "1", "-m", "one"]);
    assert_eq!(subscriber.line(), "1 0 one");
    tell("qos2", &["-q", "2", "-m", "two"]);
    assert_eq!(subscriber.line(), "2 0 two");
    tell("kept", &["-q", "1", "-r", "-m", "kept"]);
    assert_eq!(subscriber.line(), "1 0 kept");
    let kept = topic("kept");
    let once = [&with(&["-C", "1", "-F", "%r %p"])[..], &["-t", &kept]].concat();
    assert_eq!(
        succeeded(&mut command("mosquitto_sub", at, &once)),
        "1 kept"
    );

    let will = topic("will");
    let silent = topic("silent");
    let dying = with(&["--will-payload", "gone", "--will-qos", "1"]);
    let dying = [&dying[..], &["--will-topic", &will, "-t", &silent]].concat();
    Subscriber::behind(plain, at, &dying).kill();
    assert_eq!(subscriber.line(), "1 0 gone");

    let (id, later) = (name.replace('/', "-"), topic("later"));
    let keeps = with(&["-c", "-q", "1", "-F", "%p"]);
    let keeps = [&keeps[..], &["-i", &id, "-t", &later]].concat();
    let expiry = ["-x", "300"];
    let is_5 = keeps.contains(&"mqttv5");
    let keeps = [&keeps[..], if is_5 { &expiry } else { &[] }].concat();
    Subscriber::behind(plain, at, &keeps).stop();
    tell("later", &["-q", "1", "-m", "while away"]);
    let resumed = [&keeps[..], &["-C", "1"]].concat();
    assert_eq!(
        succeeded(&mut command("mosquitto_sub", at, &resumed)),
        "while away"
    );
}

/// A question that waits for its answer.
fn asks<'w>(
    plain: SocketAddr,
    at: SocketAddr,
    name: &str,
    with: &impl Fn(&[&'static str]) -> Vec<&'w str>,
) {
    let (question, answer) = (format!("{name}/ask"), format!("{name}/answer"));
    let hears = [&with(&["-q", "1", "-F", "%p"])[..], &["-t", &question]].concat();
    let mut subscriber = Subscriber::behind(plain, at, &hears);
    let asks = with(&["-q", "1", "-m", "a pizza?", "-W", "30"]);
    let asks = [&asks[..], &["-t", &question, "-e", &answer]].concat();
    let asking = command("mosquitto_rr", at, &asks)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    assert_eq!(subscriber.line(), "a pizza?");
    let answers = with(&["-q", "1", "-m", "which?"]);
    publish(at, &[&answers[..], &["-t", &answer]].concat());
    let output = asking.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "which?");
}

/// What only version 5 knows.
fn properties<'w>(
    plain: SocketAddr,
    at: SocketAddr,
    name: &str,
    with: &impl Fn(&[&'static str]) -> Vec<&'w str>,
) {
    let topic = format!("{name}/properties");
    let hears = with(&["-q", "1", "-F", "%C %D %E %F %P %R %S %p"]);
    let identifier = ["-D", "subscribe", "subscription-identifier", "7"];
    let hears = [&hears[..], &identifier, &["-t", &topic]].concat();
    let mut subscriber = Subscriber::behind(plain, at, &hears);
    let said = with(&[
        "-q",
        "1",
        "-m",
        "hello",
        "-D",
        "publish",
        "content-type",
        "text/plain",
        "-D",
        "publish",
        "correlation-data",
        "42",
        "-D",
        "publish",
        "message-expiry-interval",
        "3600",
        "-D",
        "publish",
        "payload-format-indicator",
        "1",
        "-D",
        "publish",
        "user-property",
        "colour",
        "red",
        "-D",
        "publish",
        "response-topic",
        "answers",
    ]);
    publish(at, &[&said[..], &["-t", &topic]].concat());
    assert_eq!(
        subscriber.line(),
        "text/plain 42 3600 1 colour:red answers 7 hello"
    );
}
