//! The simulation, as it is offered and switched; who simulates is only pretended.

use std::sync::{Arc, Mutex};

use pizza_gateway::{
    GatewayConfig, Provided, Role, Secret, Simulated, Simulation, SimulationRequest, Switched,
    TokenConfig,
};
use serde_json::{Value, json};

use crate::sessions::set;
use crate::socket::Server;

const READ: &str = "GET /api/simulation";
const SAME_ORIGIN: &str = "sec-fetch-site: same-origin";

struct Pretended(Arc<Mutex<Simulated>>);

impl Simulation for Pretended {
    fn now(&self) -> Simulated {
        *self.0.lock().expect("unpoisoned")
    }

    fn switch(&self, request: SimulationRequest) -> Switched {
        let state = Arc::clone(&self.0);
        Box::pin(async move {
            let mut state = state.lock().expect("unpoisoned");
            if request.workers == Some(900) {
                return Err("the restaurant has too many drivers".to_owned());
            }
            state.on = request.on;
            state.rate = request.rate.unwrap_or(state.rate);
            state.workers = request.workers.unwrap_or(state.workers);
            state.speed = request.speed.unwrap_or(state.speed);
            state.since_ms = request.on.then_some(1_700_000_000_000);
            Ok(*state)
        })
    }
}

fn token(token: &str, role: Role, subject: &str) -> TokenConfig {
    TokenConfig {
        token: Secret::from(token),
        role,
        subject: subject.to_owned(),
    }
}

async fn furnished(anonymous_on_loopback: bool, simulates: bool) -> Server {
    let config = GatewayConfig {
        anonymous_on_loopback,
        tokens: vec![
            token("admin", Role::Admin, ""),
            token("manager", Role::Manager, "napoli"),
            token("looks", Role::Observer, ""),
        ],
        ..GatewayConfig::default()
    };
    let off = Simulated {
        on: false,
        rate: 6.0,
        workers: 3,
        speed: 20.0,
        since_ms: None,
    };
    let simulation: Arc<dyn Simulation> = Arc::new(Pretended(Arc::new(Mutex::new(off))));
    let provided = Provided {
        lends_roles: true,
        simulation: simulates.then_some(simulation),
        ..Provided::default()
    };
    Server::provided_with(config, provided).await
}

async fn can_simulate(server: &Server, headers: &str) -> Value {
    let told = server.send(&format!("GET /api/session{headers}")).await;
    told.json()["canSimulate"].clone()
}

#[tokio::test]
async fn it_is_switched_as_it_is_wanted_and_says_so() {
    let server = furnished(true, true).await;
    let off = json!({"on": false, "rate": 6.0, "drivers": 3, "speed": 20.0});
    assert_eq!(server.send(READ).await.json(), off);
    let busy = "PUT /api/simulation\n\n{\"on\":true,\"rate\":30,\"drivers\":12,\"speed\":null}";
    let on = json!({"on": true, "rate": 30.0, "drivers": 12, "speed": 20.0,
        "since": "2023-11-14T22:13:20.000Z"});
    assert_eq!(server.send(busy).await.json(), on);
    assert_eq!(server.send(READ).await.json(), on);
    let stop = "PUT /api/simulation\n\n{\"on\":false}";
    let stopped = server.send(stop).await.json();
    assert!(stopped.get("since").is_none(), "{stopped}");
    for body in [
        "{}",
        "{\"on\":1}",
        "{\"on\":true,\"rate\":0}",
        "{\"on\":true,\"rate\":60001}",
        "{\"on\":true,\"drivers\":-1}",
        "{\"on\":true,\"drivers\":2.5}",
        "{\"on\":true,\"drivers\":901}",
        "{\"on\":true,\"speed\":0}",
        "{\"on\":true,\"since\":\"now\"}",
    ] {
        let answer = server.send(&format!("PUT /api/simulation\n\n{body}")).await;
        answer.problem(422, "invalid");
    }
    for key in ["idempotency-key: a b", "idempotency-key: "] {
        let on = format!("PUT /api/simulation\n{key}\n\n{{\"on\":true}}");
        server.send(&on).await.problem(400, "malformed");
    }
    assert_eq!(server.send(READ).await.json()["on"], false);
    let many = "PUT /api/simulation\n\n{\"on\":true,\"drivers\":900}";
    server.send(many).await.problem(503, "unavailable");
}

#[tokio::test]
async fn it_is_for_admins_and_for_its_own_machine() {
    let demo = furnished(true, true).await;
    assert_eq!(can_simulate(&demo, "").await, true);
    // Whoever is somebody of the demo on its own machine may be anybody, so also who stops it.
    let body = "{\"demoRole\":{\"role\":\"manager\",\"subject\":\"napoli\"}}";
    let lent = demo.send(&format!("POST /api/session\n\n{body}")).await;
    let (cookie, _) = set(&lent, "pizza_session").expect("a cookie");
    let cookie = format!("\ncookie: pizza_session={cookie}");
    assert_eq!(can_simulate(&demo, &cookie).await, true);
    let stop = format!("PUT /api/simulation\n{SAME_ORIGIN}{cookie}\n\n{{\"on\":false}}");
    assert_eq!(demo.send(&stop).await.status, 200);
    let foreign = format!("PUT /api/simulation{cookie}\n\n{{\"on\":false}}");
    demo.send(&foreign).await.problem(403, "other-origin");

    let exposed = furnished(false, true).await;
    exposed.send(READ).await.problem(401, "unauthorized");
    let with = |token: &str| format!("{READ}\nauthorization: Bearer {token}");
    assert_eq!(exposed.send(&with("admin")).await.status, 200);
    for token in ["manager", "looks"] {
        let refused = exposed.send(&with(token)).await;
        refused.problem(403, "forbidden");
    }
    let admin = "\nauthorization: Bearer admin";
    assert_eq!(can_simulate(&exposed, admin).await, true);
    let manager = "\nauthorization: Bearer manager";
    assert_eq!(can_simulate(&exposed, manager).await, false);
}

#[tokio::test]
async fn elsewhere_nobody_is_simulated() {
    let server = furnished(true, false).await;
    assert_eq!(can_simulate(&server, "").await, false);
    server.send(READ).await.problem(404, "not-found");
    let on = "PUT /api/simulation\n\n{\"on\":true}";
    server.send(on).await.problem(404, "not-found");
}
