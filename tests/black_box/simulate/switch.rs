//! The simulation is switched on and off while the program runs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{Pizza, request, until};

/// How long nothing is to happen after a stop: many orders would come in that time.
const QUIET: Duration = Duration::from_secs(3);

fn switch(pizza: &Pizza, wish: &Value) -> Value {
    let answer = pizza.put("/api/simulation", wish);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn overview(pizza: &Pizza) -> Value {
    let overview = pizza.get("/api/overview").json();
    overview["restaurants"][0].clone()
}

/// Orders that were ever made here.
fn ordered(pizza: &Pizza) -> u64 {
    let metrics = pizza.get("/api/restaurants/napoli/metrics").json();
    metrics["lastDay"]["orders"].as_u64().expect("a number")
}

#[test]
fn people_come_when_they_are_asked_to_and_nobody_is_left_after_a_stop() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "480"]);
    let session = pizza.get("/api/session").json();
    assert_eq!(session["canSimulate"], true, "{session}");
    let off = pizza.get("/api/simulation").json();
    let expected = json!({"on": false, "rate": 6.0, "drivers": 3, "speed": 20.0});
    assert_eq!(off, expected);
    assert_eq!(overview(&pizza)["moving"], json!([]));

    let busy = json!({"on": true, "rate": 300, "drivers": 4, "speed": 100});
    let on = switch(&pizza, &busy);
    assert!(on["on"] == true && on["since"].is_string(), "{on}");
    // Again, it is as it was.
    assert_eq!(switch(&pizza, &busy), on);
    assert_eq!(pizza.get("/api/simulation").json(), on);
    until("orders under way and somebody on the road", || {
        let now = overview(&pizza);
        let busy = now["drivers"]["busy"].as_u64()?;
        (now["underWay"].as_u64()? > 2 && busy > 0).then_some(())
    });
    let first = until("four drivers on the map", || {
        let moving = overview(&pizza)["moving"].clone();
        (moving.as_array()?.len() == 4).then_some(moving)
    });
    until("one who has moved", || {
        let moving = overview(&pizza)["moving"].clone();
        (moving != first).then_some(())
    });

    let stopped = switch(&pizza, &json!({"on": false}));
    assert_eq!(
        (&stopped["on"], &stopped["rate"]),
        (&json!(false), &json!(300.0))
    );
    assert!(stopped.get("since").is_none(), "{stopped}");
    until("everybody to be at home", || {
        let now = overview(&pizza);
        let drivers = &now["drivers"];
        (drivers["busy"] == 0 && drivers["free"] == 0 && now["moving"] == json!([])).then_some(())
    });
    let road = "/api/restaurants/napoli/orders?state=outForDelivery";
    let road = pizza.get(road).json();
    assert_eq!(road["orders"], json!([]), "{road}");
    let before = ordered(&pizza);
    let quiet = Instant::now();
    while quiet.elapsed() < QUIET {
        assert_eq!(ordered(&pizza), before, "somebody still orders");
        std::thread::park_timeout(Duration::from_millis(100));
    }

    // On again, and the program ends while it is.
    let calm = switch(&pizza, &json!({"on": true, "rate": 60, "drivers": 2}));
    assert_eq!(
        (&calm["rate"], &calm["drivers"], &calm["speed"]),
        (&json!(60.0), &json!(2), &json!(100.0))
    );
    until("another order", || (ordered(&pizza) > before).then_some(()));
    let begun = Instant::now();
    assert!(pizza.stop().success());
    let took = begun.elapsed();
    // Ten is what it gives those who do not end by themselves.
    assert!(took < Duration::from_secs(9), "it stopped after {took:?}");
}

#[test]
fn who_is_no_demo_simulates_nobody() {
    let data = tempfile::tempdir().expect("a directory");
    let config = data.path().join("pizza.toml");
    let text = "demo = false\n[[gateway.tokens]]\ntoken = \"of-an-admin\"\nrole = \"admin\"\n";
    std::fs::write(&config, text).expect("a file");
    let config = config.display().to_string();
    let pizza = Pizza::start(data.path(), &["--config", &config]);
    let admin = [("authorization", "Bearer of-an-admin")];
    let session = request(pizza.http, "GET", "/api/session", &admin, None).json();
    assert_eq!(
        (&session["role"], &session["canSimulate"]),
        (&json!("admin"), &json!(false))
    );
    let on = json!({"on": true}).to_string();
    let on = Some(on.as_bytes());
    let refused = request(pizza.http, "PUT", "/api/simulation", &admin, on);
    assert_eq!(refused.status, 404, "{}", refused.text());
}
