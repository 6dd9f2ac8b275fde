using Microsoft.Extensions.Options;

namespace BlobCaptioner.Images;

/// <summary>Checks <see cref="ImageOptions"/> at start; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class ImageOptionsValidator : IValidateOptions<ImageOptions>;
