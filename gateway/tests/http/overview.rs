//! All restaurants in figures: whom they are told, and what is counted.

use pizza_gateway::{GatewayConfig, Provided, Role, Secret, TokenConfig};
use pizza_types::CallError;
use serde_json::{Value, json};

use crate::socket::Server;

fn token(token: &str, role: Role, subject: &str) -> TokenConfig {
    TokenConfig {
        token: Secret::from(token),
        role,
        subject: subject.to_owned(),
    }
}

async fn furnished(anonymous_on_loopback: bool, lends_roles: bool) -> Server {
    let config = GatewayConfig {
        anonymous_on_loopback,
        tokens: vec![
            token("roma", Role::Manager, "roma"),
            token("ada", Role::Customer, "customer-1"),
            token("looks", Role::Observer, ""),
        ],
        ..GatewayConfig::default()
    };
    let provided = Provided {
        lends_roles,
        ..Provided::default()
    };
    let server = Server::provided_with(config, provided).await;
    let profile = json!({"name": "Da Lia", "region": "eu", "open": true, "drivers": [],
        "location": {"lat": 40.85, "lon": 14.25}});
    let restaurant = json!({"ok": {"restaurantId": "x", "profile": profile, "openedAt": 1}});
    let figures = json!({
        "restaurantId": "x", "waitingForDriver": 0,
        "active": [{"status": "created", "count": 2}, {"status": "baking", "count": 0},
            {"status": "ready", "count": 1}],
        "drivers": [{"status": "available", "count": 3}, {"status": "busy", "count": 1},
            {"status": "offline", "count": 0}],
    });
    let now_ms = 1_700_000_000_000_u64;
    let driver = |id: &str, status: &str| {
        json!({"driverId": id, "status": status, "location": {"lat": 40.851_834, "lon": 14.268_149},
            "locatedAt": now_ms, "lostSignal": false})
    };
    let mut drivers = json!([
        driver("d-1", "busy"),
        driver("d-2", "offline"),
        driver("d-3", "busy")
    ]);
    // Where the restaurant saw it last, and the driver says it is further: on the way nobody tells it.
    drivers[0]["location"]["lat"] = json!(40.9);
    drivers[0]["locatedAt"] = json!(now_ms - 600_000);
    let now = json!({"ok": driver("d-1", "busy")});
    server.fake.answers("driver.get/d-1", Ok(now));
    let silent = CallError::Failed {
        bound: "fuel".into(),
        detail: "it ran for too long".to_owned(),
    };
    server.fake.answers("driver.get/d-3", Err(silent));
    server.fake.answers("restaurant.drivers", Ok(drivers));
    let lines = json!([{"late": true, "cursor": "a"}, {"late": false, "cursor": "b"}]);
    server.fake.answers("restaurant.get", Ok(restaurant));
    server.fake.answers("restaurant.metrics", Ok(figures));
    server.fake.answers("restaurant.orders", Ok(lines));
    server
}

async fn told(server: &Server, headers: &str) -> Value {
    let answer = server.send(&format!("GET /api/overview{headers}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn ids(told: &Value) -> Vec<&str> {
    let restaurants = told["restaurants"].as_array().expect("a list").iter();
    restaurants.filter_map(|one| one["id"].as_str()).collect()
}

#[tokio::test]
async fn the_demo_tells_everybody_on_its_machine() {
    let server = furnished(true, true).await;
    let all = told(&server, "").await;
    assert_eq!(ids(&all), ["napoli", "roma", "torino"]);
    let expected = json!({
        "id": "napoli", "name": "Da Lia", "location": {"lat": 40.85, "lon": 14.25},
        "isOpen": true, "underWay": 3,
        // One of each page, in two states in which there is something.
        "late": 2,
        "drivers": {"free": 3, "busy": 1, "offline": 0},
        // About where: whoever stands at a door shows where somebody lives.
        "moving": [
            {"id": "d-1", "lat": 40.852, "lon": 14.268, "hasOrder": true},
            {"id": "d-3", "lat": 40.852, "lon": 14.268, "hasOrder": true},
        ],
    });
    assert_eq!(all["restaurants"][0], expected);
    assert!(all.get("next").is_none());
    let page = told(&server, "?limit=2").await;
    assert_eq!((ids(&page).len(), &page["next"]), (2, &json!("roma")));
    let rest = told(&server, "?limit=2&after=roma").await;
    assert_eq!(ids(&rest), ["torino"]);
}

#[tokio::test]
async fn elsewhere_managers_see_their_own() {
    let server = furnished(false, true).await;
    server
        .send("GET /api/overview")
        .await
        .problem(401, "unauthorized");
    let own = told(&server, "?limit=1\nauthorization: Bearer roma").await;
    assert_eq!(ids(&own), ["roma"]);
    assert!(own.get("next").is_none(), "there is no other one");
    let all = told(&server, "\nauthorization: Bearer looks").await;
    assert_eq!(ids(&all).len(), 3);
    let customer = "GET /api/overview\nauthorization: Bearer ada";
    server.send(customer).await.problem(403, "forbidden");
}

#[tokio::test]
async fn one_that_fails_is_marked_beside_the_others() {
    let server = furnished(true, false).await;
    let failed = || {
        Err(CallError::Failed {
            bound: "fuel".into(),
            detail: "it ran for too long".to_owned(),
        })
    };
    server.fake.answers("restaurant.metrics/roma", failed());
    let all = told(&server, "").await;
    assert_eq!(ids(&all), ["napoli", "torino"]);
    assert!(all["restaurants"][0].get("moving").is_none(), "no demo");
    let expected = json!([{"id": "roma", "code": "actor-failed"}]);
    assert_eq!(all["failing"], expected);
    // Where all of them do, it is no matter of one.
    server.fake.answers("restaurant.metrics", failed());
    let none = server.send("GET /api/overview").await;
    none.problem(500, "actor-failed");
}
