//! Collecting handlers into a router and, from the same list, into an OpenAPI document.

use std::convert::Infallible;

use axum::Router;
use axum::routing::MethodRouter;
use utoipa::openapi::path::Paths;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Components, OpenApi, RefOr};

/// What `utoipa_axum::routes!` gives for the handlers of one path.
pub type PathRoutes<S> = (Vec<(String, RefOr<Schema>)>, Paths, MethodRouter<S, Infallible>);

/// The routes of a surface. The document shows paths as the surface's own document prints them
/// (mostly with a slash at the end); the router has them without, as [`crate::Edge`] wants it.
pub struct Routes<S> {
    router: Router<S>,
    document: OpenApi,
    alias: Option<(&'static str, &'static str)>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes yet; `document` holds the title, tags and security.
    pub fn new(document: OpenApi) -> Self {
        Self { router: Router::new(), document, alias: None }
    }

    /// Serves every path under `prefix` that is added also under `other`, undocumented.
    pub fn with_alias(mut self, prefix: &'static str, other: &'static str) -> Self {
        self.alias = Some((prefix, other));
        self
    }

    /// Adds the handlers of one path: `routes.with(utoipa_axum::routes!(list, create))`.
    pub fn with(mut self, (schemas, paths, handlers): PathRoutes<S>) -> Self {
        for path in paths.paths.keys() {
            let plain = path.trim_end_matches('/');
            self.router = self.router.route(plain, handlers.clone());
            let alias = self.alias.and_then(|(prefix, other)| {
                path.strip_prefix(prefix).map(|rest| format!("{other}{rest}"))
            });
            if let Some(alias) = alias {
                let plain = alias.trim_end_matches('/');
                self.router = self.router.route(plain, handlers.clone());
            }
        }
        self.document.paths.merge(paths);
        let components = self.document.components.get_or_insert_with(Components::new);
        components.schemas.extend(schemas);
        self
    }

    /// The router and the document.
    pub fn split(self) -> (Router<S>, OpenApi) {
        (self.router, self.document)
    }
}
