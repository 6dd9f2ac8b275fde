namespace BlobCaptioner.SampleModel.Scope;

/// <summary>What a drawn picture shows: exactly one of <see cref="Product"/> and <see cref="Nothing"/>.</summary>
internal sealed record PictureLabel
{
    /// <summary>The product; null where there is none.</summary>
    public Subject? Product { get; init; }

    /// <summary>What there is instead of a product; null where there is one.</summary>
    public Nothing? Nothing { get; init; }

    /// <summary>True where other things or a coloured surface are behind the product; false on a plain, light backdrop. False without a product.</summary>
    public bool IsBusy { get; init; }
}
