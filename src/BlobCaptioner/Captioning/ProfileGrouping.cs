namespace BlobCaptioner.Captioning;

/// <summary>Whether pictures stand for themselves or are views of products.</summary>
public enum ProfileGrouping
{
    /// <summary>Each picture is described for itself.</summary>
    None,

    /// <summary>
    /// Pictures of one SKU (<c>SKU-1.jpg</c>, <c>SKU-2.jpg</c>, a folder per SKU, or what the catalogue says) are views of one product: each gets the fields that are
    /// <see cref="ProfileField.PerView"/>, and one product record, made from up to four of them in one prompt, gets the others.
    /// </summary>
    Sku,
}
