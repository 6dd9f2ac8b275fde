namespace BlobCaptioner.Cli.Hosting;

/// <summary>Set-up steps as lines on stderr, so that stdout holds nothing but results.</summary>
internal sealed class ErrorProgress : IProgress<string>
{
    /// <summary>The one there is.</summary>
    public static ErrorProgress Instance { get; } = new();

    private ErrorProgress()
    {
    }

    /// <inheritdoc/>
    public void Report(string value) => Console.Error.WriteLine(value);
}
