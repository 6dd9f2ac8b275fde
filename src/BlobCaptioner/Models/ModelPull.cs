using BlobCaptioner.Storage;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Models;

/// <summary>Pulls the files of one model into a directory, one after the other.</summary>
internal sealed class ModelPull(
    ModelDirectory directory, CatalogModel model, ModelPullOptions options, IProgress<ModelProgress>? progress, TimeProvider time, ILogger logger)
{
    /// <summary>Pulls those files that are missing.</summary>
    public async Task RunAsync(IReadOnlyList<CatalogFile> files, CancellationToken cancellationToken)
    {
        new ModelPullOptionsValidator().Require(options);
        var origin = directory.Catalog.GetSource(options.Source, options.Mirror);
        var missing = files.Where(f => directory.Look(f).State != FileState.Present).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) });
        http.Timeout = Timeout.InfiniteTimeSpan;
        http.DefaultRequestHeaders.UserAgent.ParseAdd("BlobCaptioner/1.0");
        var token = origin.TokenVariable is { } variable && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            Directory.CreateDirectory(directory.FullPath);
            CheckRoom(missing);
            foreach (var file in missing)
            {
                await PullAsync(file, new(http, origin.AddressOf(model, file), token, file, time), either.Token);
            }
        }
        catch (OperationCanceledException ex) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ModelException(
                $"'{model.Name}' could not be pulled within {options.Timeout.TotalMinutes:N0} minutes. What was received is kept: pull again to go on from there, " +
                "with a longer --timeout, or from another source or mirror.",
                ex);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"'{directory.FullPath}' can't be used: {ex.Message} Name another directory, or make this one writable.", ex);
        }
    }

    private void CheckRoom(IReadOnlyList<CatalogFile> files)
    {
        var needed = files.Sum(f => f.Bytes - PartialFile.ReceivedBytesIn(directory.FullPath, f));
        var free = directory.FreeBytes(directory.FullPath);
        if (free < needed)
        {
            throw new ModelException(
                $"'{directory.FullPath}' has {free / 1e9:0.0} GB free; '{model.Name}' needs {needed / 1e9:0.0} GB more. Make room, or name a directory on another disk.");
        }
    }

    private async Task PullAsync(CatalogFile file, FileSource source, CancellationToken cancellationToken)
    {
        var meter = new ProgressMeter(file, progress, time);
        using var held = await FileLock.TakeAsync(
            PartialFile.LockPath(directory.FullPath, file),
            () => meter.Report("another pull of this file is running; waiting for it"),
            time,
            cancellationToken);
        if (directory.Look(file).State == FileState.Present)
        {
            meter.Report("another process pulled this file");
            return;
        }

        using var partial = await PartialFile.OpenAsync(directory.FullPath, file, meter, cancellationToken);
        try
        {
            await new FileDownload(file, partial, source, options, meter, time, logger).RunAsync(cancellationToken);
        }
        catch (TransferException ex)
        {
            throw new ModelException(
                $"'{file.Name}' could not be pulled: {ex.Message}. {partial.ReceivedBytes:N0} of {file.Bytes:N0} bytes are here and kept: pull again to go on from " +
                "there. Check the network and proxy, or try another source or mirror.",
                ex);
        }

        partial.Complete(directory.PathOf(file));
        meter.Report();
    }
}
