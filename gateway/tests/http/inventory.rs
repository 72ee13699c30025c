//! The endpoints of an inventory: which method each asks, and what it tells of the answer.

use serde_json::{Value, json};

use crate::endpoints::{Case, check};
use crate::socket::Server;

#[tokio::test]
async fn an_inventory_and_its_menu() {
    let lines = |at: Value| {
        json!([{"ingredient": "dough", "onHand": 5, "reserved": 0, "consumed": 1, "wasted": 2,
            "supplied": 8, "threshold": 3, "rule": {"orderBelow": 6, "upTo": 9,
                "supplierId": "market", "askFirst": false, "on": true, "orderId": "supply-1",
                "failures": 1, "notBefore": at, "rests": false}}])
    };
    let stock = lines(json!("1970-01-01T00:00:01.000Z"));
    let stock = json!({"restaurantId": "napoli", "stock": stock});
    let lines = lines(json!(1_000));
    let case = |request, method, arguments, answer, told| Case {
        request,
        call: ("inventory/napoli", method, arguments),
        answer,
        told,
    };
    let amounts = json!([{"ingredient": "dough", "quantity": 5}]);
    check(vec![
        case("GET /api/inventory/napoli", "stock", json!([]), lines.clone(), stock.clone()),
        case(
            "PUT /api/inventory/napoli/stock\n\n{\"amounts\":[{\"ingredient\":\"dough\",\"quantity\":5}]}",
            "restock",
            json!({"amounts": amounts}),
            json!({"ok": lines}),
            stock.clone(),
        ),
        case(
            "PUT /api/inventory/napoli/thresholds\n\n{\"thresholds\":[{\"ingredient\":\"dough\",\"quantity\":5}]}",
            "set-threshold",
            json!({"thresholds": amounts}),
            json!({"ok": lines}),
            stock,
        ),
        case(
            "GET /api/inventory/napoli/history?days=7",
            "history",
            json!([7]),
            json!([{"day": 20_289, "at": 1_000, "lines": []}]),
            json!({"restaurantId": "napoli", "days":
                [{"day": "2025-07-20", "at": "1970-01-01T00:00:01.000Z", "lines": []}]}),
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_suppliers_are_asked_for() {
    let order = |at: Value| {
        json!({"orderId": "supply-1", "ingredient": "dough", "supplierId": "market",
            "quantity": 9, "delivered": 4, "state": "partlyDelivered", "unitPriceCents": 35,
            "createdAt": at, "updatedAt": at, "dueAt": at, "cursor": "c"})
    };
    let (ms, text) = (
        order(json!(1_000)),
        order(json!("1970-01-01T00:00:01.000Z")),
    );
    let case = |request, method, arguments, answer, told| Case {
        request,
        call: ("inventory/napoli", method, arguments),
        answer,
        told,
    };
    let movement = |day: Value| {
        json!([{"ingredient": "dough", "supplied": 4, "used": 3, "wasted": 1, "ordered": 9,
            "days": [{"day": day, "supplied": 4, "used": 3, "wasted": 1, "ordered": 9}]}])
    };
    let rule = json!({"ingredient": "dough", "orderBelow": 5, "upTo": 9, "supplierId": "market"});
    check(vec![
        case(
            "GET /api/inventory/napoli/orders?state=accepted&after=b&limit=1",
            "orders",
            json!({"state": "accepted", "after": "b", "limit": 1}),
            json!([ms]),
            json!({"restaurantId": "napoli", "orders": [text], "next": "c"}),
        ),
        case(
            "POST /api/inventory/napoli/orders/supply-1/confirm",
            "confirm-order",
            json!({"orderId": "supply-1"}),
            json!({"ok": ms}),
            text.clone(),
        ),
        case(
            "POST /api/inventory/napoli/orders/supply-1/cancel\n\n{}",
            "cancel-order",
            json!({"orderId": "supply-1"}),
            json!({"ok": ms}),
            text,
        ),
        case(
            "PUT /api/inventory/napoli/rules\n\n{\"rules\":[{\"ingredient\":\"dough\",\"orderBelow\":5,\"upTo\":9,\"supplierId\":\"market\"}]}",
            "set-rules",
            json!({"rules": [rule]}),
            json!({"ok": []}),
            json!({"restaurantId": "napoli", "stock": []}),
        ),
        case(
            "GET /api/inventory/napoli/report?days=7&limit=1",
            "movements",
            json!({"days": 7, "limit": 1}),
            movement(json!(20_289)),
            json!({"restaurantId": "napoli", "ingredients": movement(json!("2025-07-20")),
                "next": "dough"}),
        ),
    ])
    .await;
}

/// The inventory says that nobody is called so; whom it could ask the store knows.
#[tokio::test]
async fn a_rule_for_an_unknown_supplier_is_told_who_there_is() {
    let server = Server::start().await;
    let violation =
        json!([{"pointer": "/rules/1/supplierId", "message": "there is no supplier \"x\""}]);
    let fake = &server.fake;
    fake.answers(
        "inventory.set-rules",
        Ok(json!({"err": {"invalid": violation}})),
    );
    let rule = |supplier: &str| json!({"ingredient": "dough", "orderBelow": 5, "upTo": 9, "supplierId": supplier});
    let rules = json!({"rules": [rule("napoli"), rule("x")]});
    let request = format!("PUT /api/inventory/napoli/rules\n\n{rules}");
    // Nobody answers: what is known is told all the same.
    let told = server.send(&request).await.problem(422, "invalid");
    assert_eq!(told["detail"], "there is no supplier \"x\"");
    fake.answers("supplier.get", Ok(json!({"ok": {}})));
    fake.answers(
        "supplier.get/roma",
        Ok(json!({"err": {"notFound": "never set up"}})),
    );
    let told = server.send(&request).await.problem(422, "invalid");
    let message = "there is no supplier \"x\"; there are napoli, torino";
    assert_eq!(told["detail"], message);
    assert_eq!(
        told["errors"],
        json!([{"pointer": "/rules/1/supplierId", "message": message}])
    );
}
