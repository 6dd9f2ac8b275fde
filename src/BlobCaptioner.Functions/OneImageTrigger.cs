using BlobCaptioner.Hosting.Settings;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace BlobCaptioner.Functions;

/// <summary>Tells the platform of one wiring of the blob trigger only, so that the two never run together.</summary>
internal sealed class OneImageTrigger(ImageTriggerSettings settings) : IFunctionMetadataTransformer
{
    /// <inheritdoc/>
    public string Name => nameof(OneImageTrigger);

    /// <inheritdoc/>
    public void Transform(IList<IFunctionMetadata> original)
    {
        for (var i = original.Count - 1; i >= 0; i--)
        {
            if (original[i].Name is { } function && !settings.Includes(function))
            {
                original.RemoveAt(i);
            }
        }
    }
}
