namespace BlobCaptioner.Exports;

/// <summary>Writes one format, row by row.</summary>
internal interface IExportWriter : IDisposable
{
    /// <summary>What comes before the first row.</summary>
    void Begin();

    /// <summary>One item; keeps nothing of it.</summary>
    void Write(ExportItem item);

    /// <summary>What comes after the last.</summary>
    void End();

    /// <summary>Hands everything written so far to the stream.</summary>
    void Flush();
}
