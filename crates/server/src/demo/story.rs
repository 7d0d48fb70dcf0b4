//! The story of a loan, step by step, as a lender's back end would tell it to the API.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::client::Client;
use crate::failure::Failure;

/// The amount of the story's loan.
pub const AMOUNT: &str = "12000.00";
/// Business days after a due date within which its repayment is settled.
const DAYS_TO_SETTLE: i64 = 7;

/// What a loan is made from, once a borrower has been approved.
pub struct Approved {
    /// The application's id.
    pub application: String,
}

/// The field of an answer, as text.
pub fn text(answer: &Value, field: &str) -> Result<String, Failure> {
    match &answer[field] {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(Failure::new(format!("an answer has no \"{field}\": {answer}"))),
    }
}

fn date(answer: &Value, field: &str) -> Result<Date, Failure> {
    let text = text(answer, field)?;
    text.parse().map_err(|_| Failure::new(format!("\"{field}\" is no date: {text}")))
}

/// The tenant's date; moved to `earliest` when the clock stands before it.
pub async fn set_clock(client: &Client, earliest: Date) -> Result<Date, Failure> {
    let clock = client.get("/sandbox/v1/clock/").await?;
    if clock["simulated"] != json!(true) {
        return Err(Failure::new("the tenant is on the real clock, which the story cannot move")
            .advise(
                "Use the key of a tenant made with `florin tenant create --clock 2023-01-01`.",
            ));
    }
    let today = date(&clock, "date")?;
    if today >= earliest {
        return Ok(today);
    }
    advance(client, earliest).await
}

/// Moves the clock and answers where it stands.
pub async fn advance(client: &Client, to: Date) -> Result<Date, Failure> {
    let moved = client.post("/sandbox/v1/clock/advance/", &json!({ "to": to.to_string() })).await?;
    date(&moved, "date")
}

/// A published product: six equal instalments at 12 % a year, on the last business day up to
/// the 24th.
pub async fn make_product(client: &Client) -> Result<String, Failure> {
    let product = client
        .post(
            "/api/v1/product/",
            &json!({
                "type": "equal_instalments_term_loan",
                "name": "Six equal instalments",
                "max_loan_amount": 20_000,
                "default_loan_amount": 12_000,
                "max_interest_rate": 20,
                "default_interest_rate": 12,
                "installments": 6,
                "interest_calculation": "equal_instalments",
                "repayment_holiday_scheduling": "last_business_day_before_the_day",
                "calculate_interest_on_holidays": true,
                "repayment_date_type": "day_of_month",
                "repayment_date_period": 24,
            }),
        )
        .await?;
    let id = text(&product, "id")?;
    client.post(&format!("/api/v1/product/{id}/publish/"), &json!({})).await?;
    Ok(id)
}

/// The schedule that the product's quote answers.
pub async fn quote(client: &Client, product: &str, on: Date) -> Result<Value, Failure> {
    let path = format!(
        "/api/v1/product/{product}/quote/?amount={AMOUNT}&rate=12&installments=6\
         &disbursement_date={on}"
    );
    client.get(&path).await
}

/// A borrower whose application for the product is approved.
pub async fn approve_borrower(client: &Client, product: &str) -> Result<Approved, Failure> {
    let borrower = client
        .post(
            "/api/v1/end-user/",
            &json!({
                "type": "individual",
                "first_name": "Ada",
                "last_name": "Lovelace",
                "birth_date": "1985-12-10",
                "address_line_1": "12 St James's Square",
                "city": "London",
                "postal_code": "SW1Y 4JH",
                "country": "GB",
                "bank_account_number": "12345678",
                "sort_code": "200000",
                "mobile_number": "+447700900123",
                "email": "ada@example.com",
            }),
        )
        .await?;
    let application = client
        .post(
            "/api/v1/application/",
            &json!({
                "end_user": text(&borrower, "id")?,
                "product": product,
                "amount": AMOUNT,
                "rate": "12",
                "installments": "6",
            }),
        )
        .await?;
    let application = text(&application, "id")?;
    let path = format!("/api/v1/application/{application}/complete/");
    let decided = client.post(&path, &json!({})).await?;
    if decided["status"] != json!("approved") {
        return Err(Failure::new(format!("the application was not approved: {decided}")));
    }
    Ok(Approved { application })
}

/// A loan whose money was paid out.
pub async fn disburse(client: &Client, approved: &Approved) -> Result<String, Failure> {
    let loan =
        client.post("/api/v1/loan/", &json!({ "application": approved.application })).await?;
    let loan = text(&loan, "id")?;
    let body = json!({
        "loan": loan,
        "type": "disbursement",
        "amount": AMOUNT,
        "unique_key": format!("{loan}-payout"),
    });
    let payout = client.post("/api/v1/transaction/", &body).await?;
    let path = format!("/api/v1/transaction/{}/apply/", text(&payout, "id")?);
    client.post(&path, &json!({})).await?;
    Ok(loan)
}

/// The due dates of a quote, and the day by which the last repayment is settled.
pub fn milestones(quote: &Value) -> Result<Vec<Date>, Failure> {
    let rows = quote["installments"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let mut dates: Vec<Date> =
        rows.iter().map(|row| date(row, "due_date")).collect::<Result<_, _>>()?;
    if let Some(last) = dates.last() {
        dates.push(last.checked_add(DAYS_TO_SETTLE.days())?);
    }
    Ok(dates)
}
