//! The menu: what could be made now, who is told, and whether the restaurant takes orders.

use pizza_gateway::{GatewayConfig, Provided, Role, Secret, TokenConfig};
use pizza_types::CallError;
use serde_json::{Value, json};

use crate::socket::Server;

const MENU: &str = "GET /api/restaurants/napoli/menu";

fn pizza(name: &str) -> Value {
    json!({"pizzaType": name, "priceCents": 900,
        "ingredients": [{"ingredient": "dough", "quantity": 1}]})
}

fn offered(name: &str, can_make: u32) -> Value {
    let mut offered = pizza(name);
    offered["canMake"] = can_make.into();
    offered
}

fn told(name: &str, can_make: u32) -> Value {
    let mut told = offered(name, can_make);
    told["available"] = (can_make > 0).into();
    told
}

async fn furnished(public_menu: bool) -> Server {
    let config = GatewayConfig {
        anonymous_on_loopback: false,
        public_menu,
        tokens: vec![TokenConfig {
            token: Secret::from("of-ada"),
            role: Role::Customer,
            subject: "customer-1".to_owned(),
        }],
        ..GatewayConfig::default()
    };
    let server = Server::provided_with(config, Provided::default()).await;
    let offers = json!([offered("Funghi", 0), offered("Margherita", 4)]);
    server.fake.answers("inventory.offers", Ok(offers));
    let profile = json!({"name": "Da Lia", "region": "eu", "open": false, "drivers": ["d"],
        "timeZone": "Europe/Rome", "location": {"lat": 40.85, "lon": 14.25}});
    let restaurant = json!({"ok": {"restaurantId": "napoli", "profile": profile, "openedAt": 1,
        "closedReason": "the oven is cold"}});
    server.fake.answers("restaurant.get/napoli", Ok(restaurant));
    let unknown = json!({"err": {"notFound": "there is no restaurant"}});
    server.fake.answers("restaurant.get", Ok(unknown));
    server
}

#[tokio::test]
async fn it_says_what_could_be_made_and_whether_anybody_takes_orders() {
    let server = furnished(false).await;
    let menu = format!("{MENU}\nauthorization: Bearer of-ada");
    let answer = server.send(&menu).await;
    let expected = json!({
        "restaurantId": "napoli",
        "restaurant": {"name": "Da Lia", "location": {"lat": 40.85, "lon": 14.25},
            "timeZone": "Europe/Rome", "isOpen": false, "closedReason": "the oven is cold"},
        "menu": [told("Funghi", 0), told("Margherita", 4)],
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
    // All of it was one question.
    assert_eq!(server.fake.times_asked("offers"), 1);
    // A module of an older contract tells the menu alone.
    let unknown = CallError::UnknownMethod {
        actor_type: "inventory".to_owned(),
        method: "offers".to_owned(),
        known: "menu".to_owned(),
    };
    server.fake.answers("inventory.offers", Err(unknown));
    let pizzas = json!([pizza("Margherita")]);
    server.fake.answers("inventory.menu", Ok(pizzas.clone()));
    assert_eq!(server.send(&menu).await.json()["menu"], pizzas);
    // It is worth something without the rest, too.
    let gone = Err(CallError::ShuttingDown);
    server.fake.answers("restaurant.get/napoli", gone);
    let alone = server.send(&menu).await.json();
    assert_eq!(alone, json!({"restaurantId": "napoli", "menu": pizzas}));
}

#[tokio::test]
async fn everybody_is_told_where_it_is_public() {
    let server = furnished(false).await;
    server.send(MENU).await.problem(401, "unauthorized");
    let public = furnished(true).await;
    assert_eq!(public.send(MENU).await.json()["menu"][1]["canMake"], 4);
    for closed in [
        "GET /api/restaurants/napoli",
        "GET /api/restaurants/napoli/drivers",
        "GET /api/inventory/napoli",
    ] {
        public.send(closed).await.problem(401, "unauthorized");
    }
    // An inventory answers for any id, a restaurant only where it is.
    let nowhere = "GET /api/restaurants/nowhere/menu";
    public.send(nowhere).await.problem(404, "not-found");
    let wrong = format!("{MENU}\nauthorization: Bearer wrong");
    public.send(&wrong).await.problem(401, "unauthorized");
}
