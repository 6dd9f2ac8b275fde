using Microsoft.Extensions.Options;

namespace BlobCaptioner.Remote;

/// <summary>Checks <see cref="RemoteModelOptions"/> at start; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class RemoteModelOptionsValidator : IValidateOptions<RemoteModelOptions>;
