using BlobCaptioner.Hosting.Settings;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace BlobCaptioner.Functions;

/// <summary>Shows the platform the functions that the settings chose: one wiring of the blob trigger, never both, and <c>Describe</c> where the app holds a model.</summary>
internal sealed class ChosenFunctions(FunctionSelection selection) : IFunctionMetadataTransformer
{
    /// <inheritdoc/>
    public string Name => nameof(ChosenFunctions);

    /// <inheritdoc/>
    public void Transform(IList<IFunctionMetadata> original)
    {
        foreach (var hidden in original.Where(f => f.Name is { } function && !selection.Includes(function)).ToList())
        {
            original.Remove(hidden);
        }
    }
}
