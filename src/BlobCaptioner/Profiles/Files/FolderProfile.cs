namespace BlobCaptioner.Profiles.Files;

/// <summary>What the settings of a picture's folder, and of those above it, say about it.</summary>
public abstract record FolderProfile
{
    private FolderProfile()
    {
    }

    /// <summary>What is to be written.</summary>
    /// <param name="What">Profile and facts.</param>
    /// <param name="Sku">With a <see cref="Profile.Grouping"/>: the product that the picture shows, never null then; otherwise the catalogue's, or null.</param>
    public sealed record Ready(ResolvedProfile What, string? Sku) : FolderProfile
    {
        /// <summary>Images of the same folder that the catalogue gives the same SKU, possibly without their ending, whether they are there or not.</summary>
        public IReadOnlyList<string> Siblings { get; init; } = [];
    }

    /// <summary>The settings can't be read: the folder's pictures are rejected with this, and no others.</summary>
    /// <param name="Code">Short stable code: <c>settings-broken</c>, <c>catalog-broken</c>.</param>
    /// <param name="Message">File, place, value and allowed values.</param>
    /// <param name="Remedy">The way out.</param>
    /// <param name="Version">16 hex digits over the broken file: a sweep under the same file leaves the rejected alone.</param>
    public sealed record Broken(string Code, string Message, string Remedy, string Version) : FolderProfile;
}
