using System.Text;
using BlobCaptioner.Images;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>Prepares without pixels: the prepared image is the file. A file that begins with "bad" is rejected.</summary>
internal sealed class ScriptedPreparer : IImagePreparer
{
    public string LimitsKey => "limits";

    public string Describe(int imageTokenBudget) => $"scripted;t={imageTokenBudget}";

    public Task<PreparationOutcome> PrepareAsync(Stream source, string name, long? length, int imageTokenBudget, CancellationToken cancellationToken)
    {
        // read at once: the stream lies in memory
        using var file = new MemoryStream();
        source.CopyTo(file);
        var bytes = file.ToArray();
        return Task.FromResult<PreparationOutcome>(Encoding.UTF8.GetString(bytes).StartsWith("bad", StringComparison.Ordinal)
            ? new PreparationOutcome.Rejected("not-an-image", $"'{name}' is not an image.", "Remove it.")
            : new PreparationOutcome.Prepared { Jpeg = bytes, Width = 64, Height = 64, SourceFormat = "jpeg", SourceWidth = 64, SourceHeight = 64 });
    }
}
