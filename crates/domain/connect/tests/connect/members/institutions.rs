use florin_connect::{ConnectError, InstitutionQuery};

use super::support::on_both;

fn named(text: &str) -> InstitutionQuery {
    InstitutionQuery { search_name: Some(text.to_owned()), ..InstitutionQuery::default() }
}

#[tokio::test]
async fn by_name_number_guid_and_code() {
    on_both(async |desk| {
        let (connect, tenant) = (&desk.connect, desk.tenant());
        let found = connect.search_institutions(tenant, named("gringot")).await.expect("a page");
        let gringotts = found[0].clone();
        assert_eq!(gringotts.id.to_string(), "f1a3285d-e855-b68f-6aa7-8ae775c0e0e9");
        let routing_number = Some(gringotts.routing_numbers[0].clone());
        let query = InstitutionQuery { routing_number, ..InstitutionQuery::default() };
        assert_eq!(
            connect.search_institutions(tenant, query).await.expect("a page"),
            std::slice::from_ref(&gringotts)
        );
        assert_eq!(connect.institution(tenant, gringotts.id).await.expect("one"), gringotts);
        assert_eq!(connect.institution_by_code(tenant, "gringotts").await.expect("one"), gringotts);
        let fields = connect.institution_credentials(tenant, gringotts.id).await.expect("fields");
        let codes: Vec<i64> = fields.iter().map(|field| field.field_type.code()).collect();
        assert_eq!(codes, [3, 1]);
        let popular = connect.popular_institutions(tenant, named("ignored")).await.expect("a page");
        assert_eq!((popular.len(), popular[0].code.as_str()), (25, "gringotts"));
        let missing = connect.institution_by_code(tenant, "nowhere").await;
        assert!(matches!(missing, Err(ConnectError::NotFound(_))));
    })
    .await;
}

#[tokio::test]
async fn what_others_link_is_discovered() {
    on_both(async |desk| {
        for user in ["a", "b"] {
            desk.add(&desk.visit(user).await, "bluestem", "demo").await;
        }
        desk.add(&desk.visit("c").await, "fenland", "demo").await;
        let visitor = desk.visit("d").await;
        let found = |country: Option<&str>| {
            let query = InstitutionQuery {
                country: country.map(str::to_owned),
                ..InstitutionQuery::default()
            };
            desk.connect.discovered_institutions(&visitor, query)
        };
        let all = found(None).await.expect("a page");
        assert_eq!([all[0].code.as_str(), all[1].code.as_str()], ["bluestem", "fenland"]);
        assert_eq!(found(Some("GB")).await.expect("a page")[0].code, "fenland");
    })
    .await;
}

#[tokio::test]
async fn a_partners_own_list() {
    on_both(async |desk| {
        let (connect, tenant) = (&desk.connect, desk.tenant());
        let other = desk.neighbour().await;
        let file =
            b"code,name,country,popularity,is_disabled_by_client,account_verification_is_enabled\n\
            north_bank,North Bank,GB,40000,,true\ngringotts,,,,true,\n";
        let loaded = connect.load_institutions(&desk.caller, file).await.expect("a sound file");
        assert_eq!((loaded.rows, loaded.own, loaded.changed), (2, 1, 1));
        let first = &connect
            .popular_institutions(tenant, InstitutionQuery::default())
            .await
            .expect("a page")[0];
        assert_eq!((first.name.as_str(), first.verification), ("North Bank", true));
        assert!(
            connect
                .institution_by_code(tenant, "gringotts")
                .await
                .expect("one")
                .is_disabled_by_client
        );
        let theirs = connect.institution_by_code(other.tenant(), "gringotts").await.expect("one");
        assert!(!theirs.is_disabled_by_client);
        assert!(connect.institution_by_code(other.tenant(), "north_bank").await.is_err());
        let visitor = desk.visit("ada").await;
        let refused = desk.try_add(&visitor, "gringotts", "demo").await;
        assert!(matches!(refused, Err(ConnectError::Conflict(_))));
        let member = desk.linked(&visitor, "north_bank", "demo").await;

        let bad =
            connect.load_institutions(&desk.caller, b"code,name,country\nx,X,GB\ny,,GB\n").await;
        let Err(ConnectError::BadFile(faults)) = bad else { panic!("a faulty file is loaded") };
        assert_eq!((faults.len(), faults[0].line), (1, 3));
        assert!(connect.institution_by_code(tenant, "x").await.is_err(), "nothing is loaded");

        let file = br#"[{"code": "south_bank", "name": "South Bank", "country": "GB"}]"#;
        connect.load_institutions(&desk.caller, file).await.expect("a sound file");
        assert!(
            !connect
                .institution_by_code(tenant, "gringotts")
                .await
                .expect("one")
                .is_disabled_by_client
        );
        assert!(
            connect
                .search_institutions(tenant, named("north bank"))
                .await
                .expect("a page")
                .is_empty()
        );
        let refused =
            connect.run_job(&visitor, member.id, florin_connect::JobType::Aggregation).await;
        assert!(matches!(refused, Err(ConnectError::Conflict(_))));
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "DISCONTINUED");

        let file = b"code,name,country\nnorth_bank,North Bank,GB\n";
        connect.load_institutions(&desk.caller, file).await.expect("a sound file");
        let member = desk.aggregate(&visitor, &member, florin_connect::JobType::Aggregation).await;
        assert_eq!(member.status.as_str(), "CONNECTED");
    })
    .await;
}
