use florin_connect::{ConnectError, Detail, JobType, MemberChange, OauthAnswer, TransactionQuery};

use super::support::on_both;

fn hidden<T: std::fmt::Debug>(found: Result<T, ConnectError>) {
    assert!(matches!(found, Err(ConnectError::NotFound(_))), "{found:?}");
}

#[tokio::test]
async fn one_users_session_never_reaches_anothers() {
    on_both(async |desk| {
        let ada = desk.visit("ada").await;
        let member = desk.linked(&ada, "gringotts", "demo").await;
        let job = member.most_recent_job.expect("a job");
        let asked = desk.add(&ada, "testbank", "mfa_text").await;
        desk.aggregate(&ada, &asked, JobType::Aggregation).await;
        let oauth = desk.add(&ada, "gringotts_oauth", "demo").await;
        let state = desk.connect.oauth_states(&ada, None, None).await.expect("states")[0].id;
        let neighbour = desk.neighbour().await;
        for stranger in [desk.visit("bob").await, neighbour.visit("ada").await] {
            let connect = &desk.connect;
            hidden(connect.member(&stranger, member.id).await);
            hidden(connect.update_member(&stranger, member.id, MemberChange::default()).await);
            hidden(connect.answer_mfa(&stranger, asked.id, vec![]).await);
            hidden(connect.delete_member(&stranger, member.id).await);
            hidden(connect.member_credentials(&stranger, member.id).await);
            hidden(connect.run_job(&stranger, member.id, JobType::Aggregation).await);
            hidden(connect.job(&stranger, job).await);
            hidden(connect.start_oauth(&stranger, oauth.id).await);
            hidden(connect.oauth_window(&stranger, oauth.id).await);
            hidden(connect.oauth_state(&stranger, state).await);
            hidden(connect.member_accounts(&stranger, member.id).await);
            assert!(connect.members(&stranger).await.expect("members").is_empty());
            assert!(connect.oauth_states(&stranger, None, None).await.expect("states").is_empty());
            let mine = connect.oauth_states(&stranger, Some(oauth.id), None).await;
            assert!(mine.expect("states").is_empty());
        }
        let account = desk.connect.member_accounts(&ada, member.id).await.expect("accounts")[0].id;
        let bob = desk.visit("bob").await.user;
        let (connect, caller, theirs) = (&desk.connect, &desk.caller, &neighbour.caller);
        let query = TransactionQuery::default();
        for (caller, user) in [(caller, bob), (theirs, ada.user)] {
            hidden(connect.user_account(caller, user, account, Detail::Full).await);
            hidden(connect.account_transactions(caller, user, account, query).await);
            hidden(connect.account_statements(caller, user, account).await);
            hidden(connect.delete_member_of(caller, user, member.id).await);
            hidden(connect.refresh_member_of(caller, user, member.id).await);
        }
        hidden(connect.user_accounts(theirs, ada.user, Detail::Full).await);
        hidden(connect.members_of(theirs, ada.user).await);
        hidden(connect.delete_user(theirs, ada.user).await);
        assert_eq!(desk.look(&ada, &member).await.status.as_str(), "CONNECTED");
    })
    .await;
}

#[tokio::test]
async fn credentials_and_numbers_are_sealed() {
    on_both(async |desk| {
        let ada = desk.visit("ada").await;
        let member = desk.linked(&ada, "gringotts", "hunter_two").await;
        let oauth = desk.add(&ada, "gringotts_oauth", "demo").await;
        let token = oauth.oauth_window.expect("a window").split_once('=').expect("a state").1.to_owned();
        let answer = OauthAnswer::Granted { user: "hunter_three".to_owned() };
        desk.connect.oauth_answer(&token, answer).await.expect("an answer");
        let accounts = desk.connect.user_accounts(&desk.caller, ada.user, Detail::Full).await;
        let number = accounts.expect("accounts")[0].numbers.account.clone().expect("a number");
        let masked = desk.connect.member_accounts(&ada, member.id).await.expect("accounts");
        let shown = masked[0].numbers.account.clone().expect("a number");
        assert_eq!(shown, format!("*******{}", &number[7..]));
        let tenant = desk.tenant();
        let bytes = desk.db.read(move |tx| {
            let mut all = Vec::new();
            let sql = "SELECT credentials, consent, job_state, answers FROM connect_member WHERE tenant_id = ?1";
            for row in tx.query(sql, florin_storage::params![tenant], |row| {
                let columns = ["credentials", "consent", "job_state", "answers"];
                columns.iter().map(|it| row.get::<Option<Vec<u8>>>(it)).collect::<Result<Vec<_>, _>>()
            })? {
                all.extend(row.into_iter().flatten().flatten());
            }
            let sql = "SELECT numbers, owners FROM connect_account WHERE tenant_id = ?1";
            for row in tx.query(sql, florin_storage::params![tenant], |row| {
                let columns = ["numbers", "owners"];
                columns.iter().map(|it| row.get::<Option<Vec<u8>>>(it)).collect::<Result<Vec<_>, _>>()
            })? {
                all.extend(row.into_iter().flatten().flatten());
            }
            Ok::<_, florin_storage::StorageError>(all)
        });
        let bytes = bytes.await.expect("rows");
        assert!(bytes.len() > 200);
        for secret in ["hunter_two", "hunter_three", "secret", number.as_str(), "LOGIN"] {
            let is_there = bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
            assert!(!is_there, "{secret} is legible");
        }
    })
    .await;
}
