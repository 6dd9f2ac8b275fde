using System.Text.Json.Serialization;
using BlobCaptioner.Records;
using BlobCaptioner.Text;

namespace BlobCaptioner.Pipeline;

/// <summary>What is to be described, in one version: a picture or a product.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(PictureJob), "picture")]
[JsonDerivedType(typeof(ProductJob), "product")]
internal abstract record CaptionJob
{
    /// <summary>Version and options with which its images are prepared.</summary>
    public required string Preparation { get; init; }

    /// <summary>The name for tickets, messages and events: the image's, or that of the product's record.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>The version to describe: the image's ETag, or <see cref="RecordProduct.ViewsHash"/>. If storage has another one, a newer job exists or the next sweep makes it.</summary>
    [JsonIgnore]
    public abstract string Version { get; }

    /// <summary>SHA-256 over the bytes that the model is shown, lower-case hex.</summary>
    [JsonIgnore]
    public abstract string ContentHash { get; }

    /// <summary>The image, or the product's main view.</summary>
    [JsonIgnore]
    public abstract SourceImage Main { get; }

    /// <summary>The main image's prepared image in the <c>prepared</c> container.</summary>
    [JsonIgnore]
    public string PreparedBlob => PreparedImages.NameOf(Main.ContentHash, Preparation);
}

/// <summary>A picture that stands for itself, or a view.</summary>
/// <param name="Image">The image.</param>
internal sealed record PictureJob(SourceImage Image) : CaptionJob
{
    [JsonIgnore]
    public override string Name => Image.Name;

    [JsonIgnore]
    public override string Version => Image.ETag;

    [JsonIgnore]
    public override string ContentHash => Image.ContentHash;

    [JsonIgnore]
    public override SourceImage Main => Image;
}

/// <summary>A product.</summary>
/// <param name="RecordName">Its record's blob name.</param>
/// <param name="Sku">Its SKU.</param>
/// <param name="ViewsHash">Over the names and ETags of all its views.</param>
/// <param name="Views">The images to show the model, 1 to 4, the main view first.</param>
internal sealed record ProductJob(string RecordName, string Sku, string ViewsHash, IReadOnlyList<SourceImage> Views) : CaptionJob
{
    /// <summary>True for a wish that waits until the views are settled: they have no hash yet.</summary>
    [JsonIgnore]
    public bool IsWish => ViewsHash.Length == 0;

    [JsonIgnore]
    public override string Name => RecordName;

    [JsonIgnore]
    public override string Version => ViewsHash;

    [JsonIgnore]
    public override string ContentHash => TextHash.Of(string.Join('\n', Views.Select(v => v.ContentHash)));

    [JsonIgnore]
    public override SourceImage Main => Views[0];
}

/// <summary>One version of an image.</summary>
/// <param name="Name">The image blob's name.</param>
/// <param name="ETag">Its ETag, without quotes.</param>
/// <param name="ContentHash">SHA-256 of its bytes, lower-case hex; empty where it could not be read.</param>
/// <param name="Format">Its format by content; empty where unknown.</param>
/// <param name="Width">Its pixels across, upright; 0 where unknown.</param>
/// <param name="Height">Its pixels down, upright; 0 where unknown.</param>
internal sealed record SourceImage(string Name, string ETag, string ContentHash, string Format = "", int Width = 0, int Height = 0);
