namespace BlobCaptioner.Profiles;

/// <summary>Whether pictures stand for themselves or are views of products.</summary>
public enum ProfileGrouping
{
    /// <summary>Each picture is described for itself.</summary>
    None,

    /// <summary>
    /// Pictures of one SKU (what the catalogue says, else the file's name without <c>-1</c>, <c>_2</c> or <c> (3)</c>) are views of one product: each gets the fields that are
    /// <see cref="ProfileField.PerView"/>, and one product record, made from up to four of them in one prompt, gets the others.
    /// </summary>
    Sku,

    /// <summary>The same, where pictures that the catalogue does not know belong to the product that their folder is named after: <c>SKU/front.jpg</c>.</summary>
    Folder,
}
