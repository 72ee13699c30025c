//! Who may commit: the last owner, on the newest version.

use super::fixture::{AnyStore, actor, claim, commit, full, refused, silo, taken};
use crate::commit::CommitError;

pub async fn a_claim_fences_the_owner_before(store: AnyStore) {
    let id = actor("a");
    assert_eq!(claim(&store, &id, "one").await.record.epoch, 1);
    taken(&store, commit(&id, 1, 0)).await;
    let claimed = claim(&store, &id, "two").await;
    assert_eq!((claimed.record.epoch, claimed.record.version), (2, 1));

    let fenced = CommitError::Fenced {
        ours: 1,
        current: 2,
    };
    assert_eq!(refused(&store, commit(&id, 1, 1)).await, fenced);
    taken(&store, commit(&id, 2, 1)).await;
}

pub async fn an_actor_never_claimed_takes_no_commit(store: AnyStore) {
    let id = actor("a");
    let fenced = |ours| CommitError::Fenced { ours, current: 0 };
    assert_eq!(refused(&store, full(&id, 1, 0)).await, fenced(1));
    assert_eq!(refused(&store, full(&id, 7, 0)).await, fenced(7));
    assert_eq!(store.record(&id).await, Ok(None));
}

pub async fn a_first_commit_claims(store: AnyStore) {
    let id = actor("a");
    assert_eq!(store.is_known(&id).await, Ok(false));
    taken(&store, commit(&id, 0, 0)).await;
    assert_eq!(store.is_known(&id).await, Ok(true));
    let record = store.record(&id).await.expect("readable").expect("claimed");
    assert_eq!((record.epoch, record.version), (1, 1));
    assert_eq!(record.owner, silo("one"));
    // Who came second, or saw the actor without a record long ago, is fenced.
    let fenced = CommitError::Fenced {
        ours: 0,
        current: 1,
    };
    assert_eq!(refused(&store, full(&id, 0, 0)).await, fenced);
    taken(&store, commit(&id, 1, 1)).await;
    claim(&store, &actor("b"), "two").await;
    assert_eq!(refused(&store, full(&actor("b"), 0, 0)).await, fenced);
    let ahead = refused(&store, full(&actor("c"), 0, 1)).await;
    let nobody = CommitError::Fenced {
        ours: 0,
        current: 0,
    };
    assert_eq!(ahead, nobody);
    assert_eq!(store.is_known(&actor("c")).await, Ok(false));
}

pub async fn epochs_rise_by_one_and_owners_follow(store: AnyStore) {
    let id = actor("a");
    for (epoch, owner) in ["one", "two", "two", "three"].iter().enumerate() {
        let claimed = claim(&store, &id, owner).await.record;
        assert_eq!(claimed.epoch, epoch as u64 + 1);
        assert_eq!((claimed.version, claimed.owner), (0, silo(owner)));
        let record = store.record(&id).await.expect("readable");
        assert_eq!(record.expect("claimed").epoch, epoch as u64 + 1);
    }
    let other = claim(&store, &actor("b"), "one").await;
    assert_eq!(other.record.epoch, 1, "epochs are the actor's own");
}

pub async fn of_many_claims_only_the_last_commits(store: AnyStore) {
    let id = actor("a");
    let mut claims = Vec::new();
    for number in 0..8 {
        let (store, id) = (store.clone(), id.clone());
        let owner = silo(&format!("silo-{number}"));
        claims.push(tokio::spawn(async move { store.claim(&id, &owner).await }));
    }
    let mut epochs = Vec::new();
    for claimed in claims {
        let claimed = claimed.await.expect("no panic").expect("a claim is taken");
        epochs.push(claimed.record.epoch);
    }
    epochs.sort_unstable();
    assert_eq!(
        epochs,
        (1..=8).collect::<Vec<_>>(),
        "each claim is one epoch"
    );
    for ours in 1..8 {
        let fenced = CommitError::Fenced { ours, current: 8 };
        assert_eq!(refused(&store, commit(&id, ours, 0)).await, fenced);
    }
    taken(&store, commit(&id, 8, 0)).await;
}

pub async fn a_version_commits_once(store: AnyStore) {
    let id = actor("a");
    claim(&store, &id, "one").await;
    taken(&store, commit(&id, 1, 0)).await;
    for (ours, current) in [(0, 1), (2, 1), (u64::MAX, 1)] {
        let stale = CommitError::Stale { ours, current };
        assert_eq!(refused(&store, commit(&id, 1, ours)).await, stale);
    }
    taken(&store, commit(&id, 1, 1)).await;
    let record = store.record(&id).await.expect("readable");
    assert_eq!(record.expect("claimed").version, 2);
}
