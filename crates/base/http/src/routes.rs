//! Collecting handlers into a router and, from the same list, into an OpenAPI document.

use std::convert::Infallible;

use axum::Router;
use axum::routing::MethodRouter;
use florin_storage::{Field, Kind};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Components, OpenApi, RefOr};

use crate::list::has_order;

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

    /// Adds the handlers of a list and tells in the document which fields it can be filtered by.
    pub fn with_list(
        self,
        (schemas, mut paths, handlers): PathRoutes<S>,
        fields: &[Field],
    ) -> Self {
        for operation in paths.paths.values_mut().filter_map(|item| item.get.as_mut()) {
            let parameters = operation.parameters.get_or_insert_default();
            parameters.extend(fields.iter().flat_map(filters).map(RefOr::T));
        }
        self.with((schemas, paths, handlers))
    }

    /// The router and the document.
    pub fn split(self) -> (Router<S>, OpenApi) {
        (self.router, self.document)
    }
}

/// The parameters that filter by a field: equal to one of several values and, where its values have
/// an order, at least and at most one.
fn filters(field: &Field) -> Vec<Parameter> {
    let name = field.name;
    let several = format!("Equal to one of these values of `{name}`, separated by commas.");
    let mut parameters = vec![parameter(name, several, text(Kind::Text))];
    if has_order(field.kind) {
        for (suffix, words) in [("gte", "at least"), ("lte", "at most")] {
            let about = format!("Only where `{name}` is {words} this.");
            parameters.push(parameter(&format!("{name}__{suffix}"), about, text(field.kind)));
        }
    }
    parameters
}

fn parameter(name: &str, about: String, schema: Schema) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .description(Some(about))
        .schema(Some(RefOr::T(schema)))
        .build()
}

fn text(kind: Kind) -> Schema {
    let format = match kind {
        Kind::Date => Some("date"),
        Kind::Timestamp => Some("date-time"),
        Kind::Money | Kind::Rate => Some("decimal"),
        Kind::Uuid | Kind::Text | Kind::Int | Kind::Bool => None,
    };
    let format = format.map(|name| SchemaFormat::Custom(name.to_owned()));
    let builder = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    Schema::Object(builder.format(format).build())
}
