//! What a tenant's end users can link: the built-in institutions with the partner's own. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use florin_ids::{InstitutionId, TenantId};

use super::builtin;
use super::entity::{Institution, InstitutionQuery};
use super::file::Row;
use super::search::{self, Name};
use crate::{ConnectError, FieldFault};

const PER_PAGE: u32 = 25;
const PER_PAGE_MAX: u32 = 100;

/// Every institution of a tenant, the most popular first.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    all: Vec<(Arc<Institution>, Name)>,
    by_id: HashMap<InstitutionId, usize>,
    by_code: HashMap<String, usize>,
}

impl Catalogue {
    /// The built-in ones whose aggregator is set up, changed and completed by the partner's rows (each with whether it
    /// has left the partner's file).
    pub(super) fn new(
        tenant: TenantId,
        rows: &[(Row, bool)],
        is_aggregator: &dyn Fn(&str) -> bool,
    ) -> Self {
        let changes: HashMap<&str, &Row> = rows
            .iter()
            .filter(|(_, left)| !left)
            .map(|(row, _)| (row.code.as_str(), row))
            .collect();
        let mut all: Vec<Arc<Institution>> = Vec::new();
        for it in builtin::all() {
            if !it.is_hidden && !is_aggregator(&it.aggregator) {
                continue;
            }
            all.push(match changes.get(it.code.as_str()) {
                Some(row) => Arc::new(row.applied_to(it)),
                None => Arc::clone(it),
            });
        }
        let is_builtin = |code: &str| builtin::all().iter().any(|it| it.code == code);
        let own = rows.iter().filter(|(row, _)| !is_builtin(&row.code));
        all.extend(own.map(|(row, left)| Arc::new(row.own(tenant, *left))));
        all.sort_by(|a, b| (b.popularity, &a.name, a.id).cmp(&(a.popularity, &b.name, b.id)));
        let mut catalogue = Self::default();
        for it in all {
            let place = catalogue.all.len();
            catalogue.by_id.insert(it.id, place);
            catalogue.by_code.insert(it.code.clone(), place);
            let name = Name::of(&it.name);
            catalogue.all.push((it, name));
        }
        catalogue
    }

    /// The built-in ones, all of them.
    #[cfg(test)]
    pub(crate) fn built_in() -> Self {
        Self::new(TenantId::new(), &[], &|_| true)
    }

    /// The institution with this id, listed or not.
    pub(crate) fn get(&self, id: InstitutionId) -> Option<Arc<Institution>> {
        Some(Arc::clone(&self.all.get(*self.by_id.get(&id)?)?.0))
    }

    /// The institution with this code, listed or not.
    pub(crate) fn by_code(&self, code: &str) -> Option<Arc<Institution>> {
        Some(Arc::clone(&self.all.get(*self.by_code.get(code)?)?.0))
    }

    /// The listed institutions that fit, the best first.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] for a page that there cannot be.
    pub(super) fn search(
        &self,
        query: &InstitutionQuery,
    ) -> Result<Vec<Arc<Institution>>, ConnectError> {
        let page = Page::of(query)?;
        let typed = query.search_name.as_deref().filter(|text| !text.trim().is_empty());
        let typed = typed.map(|text| (Name::of(text), search::host(text)));
        let number = query.routing_number.as_deref().map(search::routing_number);
        let listed = self.listed(query).filter(|(it, _)| match &number {
            None => true,
            Some(number) => number.as_ref().is_some_and(|it_is| it.routing_numbers.contains(it_is)),
        });
        let mut found: Vec<_> = match &typed {
            None => listed.map(|(it, _)| (search::Fit::Whole, it)).collect(),
            Some((typed, host)) => {
                let by_host = |it: &Institution| search::fit_host(&it.url, host.as_ref()?);
                let fit = |it: &Institution, name: &Name| by_host(it).or_else(|| name.fit(typed));
                listed.filter_map(|(it, name)| Some((fit(it, name)?, it))).collect()
            }
        };
        // Stable: within a class the most popular stays first.
        found.sort_by_key(|(fit, _)| *fit);
        Ok(page.cut(found.into_iter().map(|(_, it)| Arc::clone(it))))
    }

    /// The listed institutions, those that others link before the popular.
    pub(super) fn discovered(
        &self,
        query: &InstitutionQuery,
        links: &HashMap<InstitutionId, i64>,
    ) -> Result<Vec<Arc<Institution>>, ConnectError> {
        let page = Page::of(query)?;
        let mut found: Vec<_> = self.listed(query).map(|(it, _)| it).collect();
        let linked = |it: &Institution| links.get(&it.id).copied().unwrap_or(0);
        found.sort_by_key(|it| std::cmp::Reverse(linked(it)));
        Ok(page.cut(found.into_iter().map(Arc::clone)))
    }

    fn listed<'a>(
        &'a self,
        query: &'a InstitutionQuery,
    ) -> impl Iterator<Item = &'a (Arc<Institution>, Name)> {
        let has = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| !wanted || is);
        self.all.iter().filter(move |(it, _)| {
            let is_of = |country: &String| it.country.eq_ignore_ascii_case(country);
            !it.is_hidden
                && !it.is_discontinued
                && query.country.as_ref().is_none_or(is_of)
                && has(query.verification, it.verification)
                && has(query.identification, it.identification)
                && has(query.tax_statements, it.tax_statements)
        })
    }
}

struct Page {
    skip: usize,
    take: usize,
}

impl Page {
    fn of(query: &InstitutionQuery) -> Result<Self, ConnectError> {
        let (page, per_page) = (query.page.unwrap_or(1), query.per_page.unwrap_or(PER_PAGE));
        let mut faults = Vec::new();
        if page == 0 {
            faults
                .push(FieldFault::new("page", "Ensure this value is greater than or equal to 1."));
        }
        if !(1..=PER_PAGE_MAX).contains(&per_page) {
            faults.push(FieldFault::new("per_page", "Ensure this value is from 1 to 100."));
        }
        if !faults.is_empty() {
            return Err(ConnectError::Invalid(faults));
        }
        let (page, take) = (page as usize, per_page as usize);
        Ok(Self { skip: (page - 1).saturating_mul(take), take })
    }

    fn cut(&self, all: impl Iterator<Item = Arc<Institution>>) -> Vec<Arc<Institution>> {
        all.skip(self.skip).take(self.take).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::built_in()
    }

    fn codes(query: InstitutionQuery) -> Vec<String> {
        let found = catalogue().search(&query).expect("a page");
        found.iter().map(|it| it.code.clone()).collect()
    }

    fn named(text: &str) -> InstitutionQuery {
        InstitutionQuery { search_name: Some(text.to_owned()), ..InstitutionQuery::default() }
    }

    #[test]
    fn by_name_the_popular_first() {
        assert_eq!(codes(named("gringotts")), ["gringotts", "gringotts_oauth"]);
        assert_eq!(codes(named("gringots"))[0], "gringotts");
        assert_eq!(codes(named("mfa image"))[..], ["test_mfa_image_options", "test_mfa_image"][..]);
        assert!(codes(named("zzzz")).is_empty());
        assert!(codes(named("\0")).is_empty() && codes(named("%")).is_empty());
        assert_eq!(codes(named(" ")).len(), 25);
        assert_eq!(codes(named("testbank.com"))[0], "gringotts");
        assert_eq!(codes(named("https://www.testbank.com/login")), codes(named("testbank.com")));
        assert!(codes(named("manual")).is_empty(), "hidden");
        assert!(codes(named("discontinued")).is_empty());
    }

    #[test]
    fn pages_hang_together() {
        let page = |page, per_page| {
            let (page, per_page) = (Some(page), Some(per_page));
            codes(InstitutionQuery { page, per_page, ..InstitutionQuery::default() })
        };
        let whole = page(1, 100);
        assert!(whole.len() >= 40);
        assert_eq!([page(1, 20), page(2, 20), page(3, 20)].concat(), whole);
        assert!(page(400, 100).is_empty() && page(u32::MAX, 100).is_empty());
        assert_eq!(codes(InstitutionQuery::default()).len(), 25);
        for (page, per_page) in [(0, 25), (1, 0), (1, 101)] {
            let (page, per_page) = (Some(page), Some(per_page));
            let query = InstitutionQuery { page, per_page, ..InstitutionQuery::default() };
            assert!(matches!(catalogue().search(&query), Err(ConnectError::Invalid(_))));
        }
    }

    #[test]
    fn by_routing_number_country_and_ability() {
        let numbered = |text: &str| InstitutionQuery {
            routing_number: Some(text.to_owned()),
            ..InstitutionQuery::default()
        };
        let number =
            &catalogue().by_code("gringotts").expect("gringotts").routing_numbers[1].clone();
        assert_eq!(codes(numbered(number)), ["gringotts"]);
        assert!(codes(numbered("000000000")).is_empty());
        assert!(codes(numbered("abc")).is_empty());
        let both = InstitutionQuery { search_name: Some("test".to_owned()), ..numbered(number) };
        assert!(codes(both).is_empty());
        let gb = InstitutionQuery { country: Some("gb".to_owned()), ..InstitutionQuery::default() };
        let found = catalogue().search(&gb).expect("a page");
        assert!(found.len() >= 10 && found.iter().all(|it| it.country == "GB"));
        let proven = InstitutionQuery {
            verification: Some(true),
            per_page: Some(100),
            ..named("test bank")
        };
        assert!(!codes(proven).contains(&"test_no_verification".to_owned()));
    }

    #[test]
    fn a_partners_rows_change_and_complete() {
        let row = |code: &str| Row { code: code.to_owned(), ..Row::default() };
        let disabled = Row { is_disabled_by_client: true, popularity: Some(1), ..row("gringotts") };
        let own = Row { name: "North".to_owned(), country: "GB".to_owned(), ..row("north") };
        let left = Row { name: "Gone".to_owned(), country: "GB".to_owned(), ..row("gone") };
        let rows = [(disabled, false), (own, false), (left, true)];
        let all = Catalogue::new(TenantId::new(), &rows, &|_| true);
        let found = all.by_code("gringotts").expect("gringotts");
        assert!(found.is_disabled_by_client && found.popularity == 1);
        assert_eq!(all.search(&named("north")).expect("a page")[0].name, "North");
        assert!(all.by_code("gone").expect("kept for its members").is_discontinued);
        assert!(all.search(&named("gone")).expect("a page").is_empty());
        assert!(all.get(found.id).is_some());
        let without = Catalogue::new(TenantId::new(), &[], &|_| false);
        assert!(without.by_code("gringotts").is_none() && without.by_code("manual").is_some());
    }
}
