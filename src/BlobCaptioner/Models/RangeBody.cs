namespace BlobCaptioner.Models;

/// <summary>An answer whose headers were found right, before its body is read.</summary>
internal sealed class RangeBody(HttpResponseMessage response, Stream stream, long to, string? validator) : IDisposable
{
    /// <summary>The bytes.</summary>
    public Stream Stream => stream;

    /// <summary>The byte after the last one that the answer says it has.</summary>
    public long To => to;

    /// <summary>ETag or date of the file; null where the server gives none.</summary>
    public string? Validator => validator;

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        response.Dispose();
    }
}
