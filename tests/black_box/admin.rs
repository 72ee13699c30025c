//! What an operator does, by the admin API and by the command line.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::common::operator::{complained, json_of, run, said, succeeded};
use crate::common::{Answer, Pizza, request, until};
use serde_json::json;
use tempfile::TempDir;

/// A restaurant that has no room to remember anything: its messages fail, one try each.
const CRAMPED: &str = "[silo.types.restaurant]\nstate_kib = 0\nattempts = 1\n";

fn token(data: &Path) -> String {
    let text = std::fs::read_to_string(data.join("admin-token"));
    text.expect("a token").trim().to_owned()
}

fn ask(pizza: &Pizza, method: &str, path: &str, authorization: Option<&str>) -> Answer {
    let headers: Vec<_> = authorization
        .map(|value| ("authorization", value))
        .into_iter()
        .collect();
    request(pizza.admin, method, path, &headers, None)
}

#[test]
fn who_has_no_token_learns_nothing() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let file = std::fs::metadata(data.path().join("admin-token")).expect("a token");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    let token = token(data.path());
    assert_eq!(token.len(), 64, "32 bytes in hexadecimal");

    let nearly = format!("Bearer {}x", &token[..63]);
    let basic = format!("Basic {token}");
    for given in [
        None,
        Some("Bearer x"),
        Some(nearly.as_str()),
        Some(basic.as_str()),
        Some(""),
    ] {
        for (method, path) in [
            ("GET", "/stats"),
            ("GET", "/dead-letters"),
            ("DELETE", "/dead-letters/1"),
            ("POST", "/actors/order/order-1/deactivate"),
            ("GET", "/plugins"),
            ("PUT", "/plugins/kitchen/napoli"),
            ("GET", "/nowhere"),
        ] {
            let answer = ask(&pizza, method, path, given);
            assert_eq!(answer.status, 401, "{given:?} {path}: {}", answer.text());
            assert_eq!(answer.header("www-authenticate").as_deref(), Some("Bearer"));
            let kind = answer.header("content-type");
            assert_eq!(kind.as_deref(), Some("application/problem+json"));
            assert_eq!(answer.json()["type"], "urn:silo:problem:unauthorized");
        }
    }
    assert_eq!(ask(&pizza, "GET", "/health/live", None).status, 200);
    let right = format!("bearer {token}");
    let stats = ask(&pizza, "GET", "/stats", Some(&right));
    assert_eq!(stats.status, 200, "{}", stats.text());
    assert_eq!(
        stats.json()["breakers"]["order"],
        json!({"state": "closed", "failures": 0})
    );
    assert_eq!(ask(&pizza, "GET", "/nowhere", Some(&right)).status, 404);
    assert_eq!(ask(&pizza, "PUT", "/stats", Some(&right)).status, 405);

    // The same token after a restart, and what is given stands above it.
    drop(pizza);
    let given = "sixteen-or-more-characters";
    let pizza = Pizza::start(data.path(), &["--admin-token", given]);
    let bearer = format!("Bearer {given}");
    assert_eq!(ask(&pizza, "GET", "/stats", Some(&bearer)).status, 200);
    assert_eq!(ask(&pizza, "GET", "/stats", Some(&right)).status, 401);
    let wrong = complained(&run(&pizza, data.path(), &["dlq", "list"]));
    assert!(wrong.contains("--admin-token"), "{wrong}");
    assert!(!wrong.contains(&token), "{wrong}");
    let empty = tempfile::tempdir().expect("a directory");
    let missing = complained(&run(&pizza, empty.path(), &["dlq", "list"]));
    assert!(
        missing.contains("--data") && missing.contains("admin-token"),
        "{missing}"
    );
    drop(pizza);
    let pizza = Pizza::start(data.path(), &[]);
    assert_eq!(ask(&pizza, "GET", "/stats", Some(&right)).status, 200);
}

/// A data directory with an order that the restaurant could not hear of, and the order.
/// A directory in which the demo restaurant was set up, and has heard all that was to be heard of that: from
/// now on it may have no more room.
fn set_up() -> TempDir {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let bearer = format!("Bearer {}", token(data.path()));
    let told = "/streams/restaurant-orders/napoli?limit=1000";
    until(
        "the restaurant to have heard of all that was set up",
        || {
            let told = ask(&pizza, "GET", told, Some(&bearer)).json();
            let last = told["events"].as_array()?.last()?.clone();
            // The kitchen is the last.
            let is_all = last["payload"]["kind"] == "kitchen";
            let board = pizza.get("/api/restaurants/napoli/board").json();
            (is_all && board["position"] == told["newest"]).then_some(())
        },
    );
    assert!(pizza.stop().success());
    data
}

fn with_dead_letters() -> (TempDir, String) {
    let data = set_up();
    let config = data.path().join("cramped.toml");
    std::fs::write(&config, CRAMPED).expect("written");
    let config = config.to_str().expect("a path").to_owned();
    let pizza = Pizza::start(data.path(), &["--config", &config]);
    let order = pizza.order();
    until("a dead letter", || {
        let page = json_of(&run(&pizza, data.path(), &["dlq", "list", "--json"]));
        let letters = page["deadLetters"].as_array().expect("a list");
        (!letters.is_empty()).then_some(())
    });
    // What happens to the order next may fail too, and is not to come in between.
    let cancel = pizza.post(
        &format!("/api/orders/{order}/cancel"),
        &json!({"reason": "test"}),
    );
    assert!(cancel.status < 500, "{}", cancel.text());
    assert!(pizza.stop().success());
    (data, order)
}

#[test]
fn dead_letters_are_looked_at_replayed_and_dropped() {
    let (data, order) = with_dead_letters();
    let config = data.path().join("cramped.toml");
    let cramped = ["--config", config.to_str().expect("a path")];
    let pizza = Pizza::start(data.path(), &cramped);
    let run = |pizza: &Pizza, words: &[&str]| run(pizza, data.path(), words);
    let page = json_of(&run(&pizza, &["dlq", "list", "--json"]));
    let letter = page["deadLetters"][0].clone();
    let id = letter["id"].to_string();
    assert_eq!(letter["attempts"], 1);
    let actor = letter["actor"].as_str().expect("an actor").to_owned();
    assert!(actor.starts_with("restaurant/"), "{letter}");

    let table = succeeded(&run(&pizza, &["dlq", "list"]));
    assert!(
        table.starts_with("ID ") && table.contains(&actor),
        "{table}"
    );
    let shown = succeeded(&run(&pizza, &["dlq", "show", &id]));
    assert!(shown.contains(&order), "what the message said: {shown}");
    let gone = complained(&run(&pizza, &["dlq", "show", "7"]));
    assert!(gone.contains("no dead letter 7"), "{gone}");

    // Nothing has changed, so it fails again, and stays.
    let again = run(&pizza, &["dlq", "replay", &id]);
    assert!(said(&again).contains("stays"), "{}", said(&again));
    assert!(complained(&again).contains("1 of the letters stay"));
    assert_eq!(
        json_of(&run(&pizza, &["dlq", "show", &id, "--json"]))["id"],
        letter["id"]
    );

    // With room for it, all of them are handled.
    assert!(pizza.stop().success());
    let pizza = Pizza::start(data.path(), &[]);
    let replayed = json_of(&run(&pizza, &["dlq", "replay", "--all", "--json"]));
    assert_eq!(replayed["failed"], json!([]));
    assert!(!replayed["handled"].as_array().expect("a list").is_empty());
    assert_eq!(
        succeeded(&run(&pizza, &["dlq", "list"])),
        "no dead letters\n"
    );
    let orders = pizza.get(&format!(
        "/api/{}/orders?state=cancelled",
        actor.replacen('/', "s/", 1)
    ));
    assert!(orders.text().contains(&order), "{}", orders.text());
}

#[test]
fn dead_letters_are_dropped() {
    let (data, _) = with_dead_letters();
    let pizza = Pizza::start(data.path(), &[]);
    let dropped = json_of(&run(
        &pizza,
        data.path(),
        &["dlq", "drop", "--all", "--json"],
    ));
    let ids = dropped["dropped"].as_array().expect("a list");
    assert!(!ids.is_empty());
    let first = ids[0].to_string();
    for verb in ["drop", "replay", "show"] {
        let output = run(&pizza, data.path(), &["dlq", verb, &first]);
        assert!(!output.status.success(), "dlq {verb}: {}", said(&output));
    }
    let neither = complained(&run(&pizza, data.path(), &["dlq", "drop"]));
    assert!(neither.contains("--all"), "{neither}");
}

#[test]
fn a_type_that_keeps_failing_rests_and_its_messages_wait() {
    let data = set_up();
    let config = data.path().join("cramped.toml");
    let breaker = "breaker_failures = 1\nbreaker_open_ms = 600000\n";
    std::fs::write(&config, format!("{CRAMPED}{breaker}")).expect("written");
    let pizza = Pizza::start(data.path(), &["--config", config.to_str().expect("a path")]);
    let order = pizza.order();
    let bearer = format!("Bearer {}", token(data.path()));
    let state = || ask(&pizza, "GET", "/stats", Some(&bearer)).json()["breakers"].take();
    until("the breaker to open", || {
        (state()["restaurant"]["state"] == "open").then_some(())
    });
    assert_eq!(state()["order"]["state"], "closed");
    let refused = pizza.get("/api/restaurants/napoli/orders");
    assert_eq!(refused.status, 503, "{}", refused.text());
    let wait = refused.header("retry-after").expect("a time to come back");
    assert!(
        (1..=600).contains(&wait.parse::<u64>().expect("seconds")),
        "{wait}"
    );

    // The first event opened it; those after it were given no chance to fail.
    let read = || pizza.get(&format!("/api/orders/{order}")).json();
    until("the order to go on", || {
        (read()["status"] != "created").then_some(())
    });
    let letters = || {
        let page = json_of(&run(&pizza, data.path(), &["dlq", "list", "--json"]));
        page["deadLetters"].as_array().expect("a list").len()
    };
    until("the letter of the first", || (letters() > 0).then_some(()));
    assert_eq!(letters(), 1);
    assert!(pizza.stop().success());
    let pizza = Pizza::start(data.path(), &[]);
    let restaurant = "/api/restaurants/napoli/orders";
    until("the restaurant to hear of the order", || {
        pizza.get(restaurant).text().contains(&order).then_some(())
    });
}

#[test]
fn an_actor_is_looked_at_asked_and_put_to_rest() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let order = pizza.order();
    let name = format!("order/{order}");
    let run = |words: &[&str]| run(&pizza, data.path(), words);

    let found = json_of(&run(&["actor", "get", &name, "--json"]));
    assert_eq!(found["exists"], true);
    assert!(found["version"].as_u64() > Some(0), "{found}");
    let state = found["state"]["value"].to_string();
    assert!(state.contains("Margherita"), "{found}");
    let shown = succeeded(&run(&["actor", "get", &name]));
    assert!(
        shown.contains("Margherita") && shown.contains("version"),
        "{shown}"
    );
    let nobody = succeeded(&run(&["actor", "get", "order/nobody"]));
    assert!(nobody.contains("none"), "{nobody}");

    let answer = json_of(&run(&["actor", "call", &name, "get", "--json"]));
    assert_eq!(
        answer["reply"]["ok"]["customerId"], "customer-1",
        "{answer}"
    );
    let unknown = complained(&run(&["actor", "call", &name, "eat"]));
    assert!(
        unknown.contains("\"eat\"") && unknown.contains("get"),
        "{unknown}"
    );
    let broken = complained(&run(&["actor", "call", &name, "get", "{"]));
    assert!(broken.contains("no JSON"), "{broken}");

    let history = json_of(&run(&["actor", "history", &name, "--json"]));
    let messages = history["messages"].as_array().expect("a list");
    assert!(
        !messages.is_empty() && history["complete"] == true,
        "{history}"
    );
    let times: Vec<_> = messages.iter().map(|m| m["at"].as_str()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
    // What was asked, and by whom: the order itself was made from outside.
    let made = messages.iter().find(|m| m["what"] == "create");
    assert_eq!(
        made.expect("its creation")["caller"],
        json!(null),
        "{history}"
    );
    let stock = json_of(&run(&["actor", "history", "inventory/napoli", "--json"]));
    let told = stock["messages"].as_array().expect("a list");
    let reserved = told.iter().find(|m| m["what"] == "reserve");
    assert_eq!(
        reserved.expect("a reservation")["caller"],
        json!(name),
        "{stock}"
    );
    let table = succeeded(&run(&["actor", "history", &name, "--limit", "1"]));
    assert_eq!(table.lines().count(), 2, "{table}");

    until("the order to be at rest", || {
        let output = run(&["actor", "deactivate", &name, "--json"]);
        (json_of(&output)["deactivated"] == true).then_some(())
    });
    assert_eq!(pizza.get(&format!("/api/orders/{order}")).status, 200);
    for (words, part) in [
        (["actor", "get", "order"], "TYPE/KEY"),
        (["actor", "get", "order/a b"], "' '"),
        (["actor", "get", "pineapple/one"], "pineapple"),
    ] {
        let complaint = complained(&run(&words));
        assert!(complaint.contains(part), "{words:?}: {complaint}");
    }
}

#[test]
fn actors_of_a_type_are_exported_line_by_line() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let mut orders: Vec<String> = (0..5).map(|_| pizza.order()).collect();
    orders.sort();
    let run = |words: &[&str]| run(&pizza, data.path(), words);
    let text = succeeded(&run(&["actor", "export", "order"]));
    let lines = text.lines().map(serde_json::from_str);
    let lines: Vec<serde_json::Value> = lines.map(|line| line.expect("JSON")).collect();
    let name = |line: &serde_json::Value| line["actor"].as_str().map(ToOwned::to_owned);
    let mut found: Vec<_> = lines.iter().filter_map(name).collect();
    found.sort();
    let expected: Vec<_> = orders.iter().map(|id| format!("order/{id}")).collect();
    assert_eq!(found, expected);
    for line in &lines {
        assert!(line["state"].to_string().contains("customer-1"), "{line}");
        assert!(line["version"].as_u64() > Some(0), "{line}");
    }
    // The restaurant keeps its orders as entries, which are there, too.
    let restaurants = succeeded(&run(&["actor", "export", "restaurant"]));
    assert!(restaurants.contains("restaurant/napoli"), "{restaurants}");

    // In pages, each of which says where the next one begins.
    let bearer = format!("Bearer {}", token(data.path()));
    let (mut after, mut paged) = (String::new(), Vec::new());
    loop {
        let path = format!("/actors/order?limit=2{after}");
        let page = ask(&pizza, "GET", &path, Some(&bearer)).json();
        paged.extend(
            page["actors"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(name),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    paged.sort();
    assert_eq!(paged, expected);
    for (words, part) in [
        (["actor", "export", "pineapple"], "pineapple"),
        (["actor", "export", "a/b"], "'/'"),
    ] {
        let complaint = complained(&run(&words));
        assert!(complaint.contains(part), "{words:?}: {complaint}");
    }
}

#[test]
fn bodies_are_bounded_plain_and_of_no_strangers_page() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let bearer = format!("Bearer {}", token(data.path()));
    let headers = [("authorization", bearer.as_str())];
    let body = vec![b' '; 2 << 20];
    let path = "/actors/order/order-1/call/get";
    let answer = request(pizza.admin, "POST", path, &headers, Some(&body));
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert_eq!(answer.json()["type"], "urn:silo:problem:too-large");
    // What is packed is not unpacked, however small it is.
    let headers = [headers[0], ("content-encoding", "gzip")];
    let packed = request(pizza.admin, "POST", path, &headers, Some(b"\x1f\x8b"));
    assert_eq!(packed.status, 415, "{}", packed.text());
    let kind = "urn:silo:problem:unsupported-content-encoding";
    assert_eq!(packed.json()["type"], kind);
    // A page of a stranger has no say at this door either, whatever it shows.
    let headers = [headers[0], ("origin", "http://strange.example")];
    let foreign = request(pizza.admin, "POST", path, &headers, Some(b"[]"));
    assert_eq!(foreign.status, 403, "{}", foreign.text());
}
