//! The methods about brands.

use std::collections::BTreeMap;

use super::{ComplaintApi, convert::time, page, problems};
use crate::{
    access::Caller,
    brand::{Brand, BrandBook, BrandRef},
    intake::{Problem, page_token::FilterDigest},
    proto::v1,
    store::{Activation, VersionRef},
};

impl ComplaintApi {
    pub(super) async fn read_brand(
        &self,
        caller: &Caller,
        request: v1::GetBrandRequest,
    ) -> Result<v1::Brand, Problem> {
        let mut check = self.check();
        let named = check.brand_name(&request.name);
        let (name, version) = check.finish(named)?;
        let book = self.brands_of(caller);
        let brand = match version {
            None => book.get(&name),
            Some(version) => book.version(&BrandRef { name, version }),
        };
        let brand = brand.ok_or_else(problems::brand_not_found)?;
        let activations = self.last_activations().await?;
        Ok(message(brand, &book, activations.get(&brand.reference)))
    }

    pub(super) async fn read_brands(
        &self,
        caller: &Caller,
        request: v1::ListBrandsRequest,
    ) -> Result<v1::ListBrandsResponse, Problem> {
        let mut check = self.check();
        let size = check.page_size(request.page_size, 100);
        let digest = FilterDigest::of("ListBrands", &[]);
        let after: Option<BrandRef> = check.page_token(&request.page_token, digest);
        let after = check.finish(Some(after))?;
        let activations = self.last_activations().await?;
        let book = self.brands_of(caller);
        let mut versions: Vec<_> = book
            .versions()
            .filter(|brand| after.as_ref().is_none_or(|after| brand.reference > *after))
            .collect();
        let more = versions.len() > size;
        versions.truncate(size);
        let rows = versions.into_iter().map(|brand| {
            let activation = activations.get(&brand.reference);
            (brand.reference.clone(), message(brand, &book, activation))
        });
        let (brands, next_page_token) = page::fill(rows, more, digest, page::weight);
        Ok(v1::ListBrandsResponse {
            brands,
            next_page_token,
        })
    }

    pub(super) async fn activate_a_brand(
        &self,
        caller: &Caller,
        request: v1::ActivateBrandRequest,
    ) -> Result<v1::ActivateBrandResponse, Problem> {
        let acting = self.acting(caller, "ActivateBrand", &request.actor)?;
        let mut check = self.check();
        let actor = check.actor(&acting.name);
        let file = check.text_file("brand_file", request.brand_file.unwrap_or_default());
        let (actor, file) = check.finish(actor.zip(file))?;
        let engine = self.engine.clone();
        // Carried out to its end even if the caller goes away.
        let activated = tokio::task::spawn_blocking(move || engine.activate_brand(&file, &actor));
        let activated = activated
            .await
            .map_err(|error| problems::broken_off(&error))?
            .map_err(|error| problems::of_activation(&error))?;
        let book = self.engine.rules().brands();
        let brand = message(&activated.version, &book, Some(&activated.activation));
        Ok(v1::ActivateBrandResponse {
            brand: Some(brand),
            already_active: !activated.is_new,
        })
    }

    /// The last activation of each version.
    async fn last_activations(&self) -> Result<BTreeMap<BrandRef, Activation>, Problem> {
        let activations = self.reader.activations().await;
        let activations = activations.map_err(|error| problems::of_store(&error))?;
        let of_brands = activations.into_iter();
        let of_brands = of_brands.filter_map(|activation| match &activation.version {
            VersionRef::Brand(brand) => Some((brand.clone(), activation)),
            VersionRef::Policy(_) => None,
        });
        Ok(of_brands.collect())
    }
}

fn message(brand: &Brand, book: &BrandBook, activation: Option<&Activation>) -> v1::Brand {
    use crate::intake::Choice as _;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let contacts = brand.contact.iter();
    let contacts = contacts.map(|(language, contact)| v1::BrandContact {
        language: language.number(),
        phone: text(&contact.phone),
        mail: text(&contact.mail),
        web: text(&contact.web),
        reply_to: text(&contact.reply_to),
    });
    let latest = book.get(brand.name());
    v1::Brand {
        name: format!("brands/{}/versions/{}", brand.name(), brand.version()),
        brand: brand.name().to_owned(),
        version: brand.version().to_owned(),
        title: brand.title.clone(),
        source: brand.source.clone(),
        policy: brand.policy.clone(),
        tracking_prefix: brand.tracking_prefix.to_string(),
        home_region: brand.region_code(),
        languages: brand.languages.iter().map(|it| it.number()).collect(),
        default_language: brand.default_language.number(),
        channels: brand.means.iter().map(|it| it.number()).collect(),
        mail_sender: text(&brand.mail_sender),
        contacts: contacts.collect(),
        in_use: book.is_in_use(brand.name()),
        latest: latest.is_some_and(|latest| latest.reference == brand.reference),
        activated_time: activation.and_then(|activation| time(activation.at)),
        activated_by: activation
            .map(|activation| activation.actor.clone())
            .unwrap_or_default(),
    }
}
