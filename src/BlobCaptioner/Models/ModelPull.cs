using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace BlobCaptioner.Models;

/// <summary>Pulls the files of one model into a directory.</summary>
internal sealed partial class ModelPull : IDisposable
{
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    private readonly ModelDirectory _directory;
    private readonly CatalogModel _model;
    private readonly ModelSource _source;
    private readonly ModelPullOptions _options;
    private readonly IProgress<ModelProgress>? _progress;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _http;

    public ModelPull(
        ModelDirectory directory,
        CatalogModel model,
        ModelSource source,
        ModelPullOptions options,
        IProgress<ModelProgress>? progress,
        TimeProvider time,
        ILogger logger)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        (_directory, _model, _source, _options, _progress, _time, _logger) = (directory, model, source, options, progress, time, logger);
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("BlobCaptioner/1.0");
    }

    /// <summary>Pulls what is missing, one file after the other.</summary>
    public async Task RunAsync(IReadOnlyList<CatalogFile> files, CancellationToken cancellationToken)
    {
        var missing = files.Where(f => _directory.Look(f).State != FileState.Present).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(_directory.FullPath);
            CheckRoom(missing);
            foreach (var file in missing)
            {
                await PullAsync(file, cancellationToken);
            }
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"'{_directory.FullPath}' can't be used: {ex.Message} Name another directory, or make this one writable.", ex);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private void CheckRoom(IReadOnlyList<CatalogFile> files)
    {
        var needed = files.Sum(f => f.Bytes - PartialFile.ReceivedBytesIn(_directory.FullPath, f));
        var free = _directory.FreeBytes(_directory.FullPath);
        if (free < needed)
        {
            throw new ModelException(
                $"'{_directory.FullPath}' has {free / 1e9:0.0} GB free; '{_model.Name}' needs {needed / 1e9:0.0} GB more. Make room, or name a directory on another disk.");
        }
    }

    private async Task PullAsync(CatalogFile file, CancellationToken cancellationToken)
    {
        var meter = new ProgressMeter(file, _progress, _time);
        using var alone = await FileLock.TakeAsync(
            PartialFile.LockPath(_directory.FullPath, file),
            () => meter.Report("another pull of this file is running; waiting for it"),
            _time,
            cancellationToken);
        if (_directory.Look(file).State == FileState.Present)
        {
            meter.Report("pulled by another process meanwhile");
            return;
        }

        using var partial = PartialFile.Open(_directory.FullPath, file, _time);
        var address = _source.AddressOf(_model, file);
        var token = _source.TokenVariable is { } variable && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
        var source = new RangeSource(_http, address, token, file, _time);
        try
        {
            await ReceiveAsync(file, partial, source, meter, cancellationToken);
        }
        catch (TransferException ex)
        {
            throw new ModelException(
                $"'{file.Name}' could not be pulled: {ex.Message}. {partial.ReceivedBytes:N0} of {file.Bytes:N0} bytes are here and kept: pull again to go on from " +
                "there. Check the network and proxy, or try another source or mirror.",
                ex);
        }

        partial.Complete(_directory.PathOf(file));
        meter.Report();
    }

    /// <summary>Receives a file until its hash is right; starts over at most once for each reason that there is.</summary>
    private async Task ReceiveAsync(CatalogFile file, PartialFile partial, RangeSource source, ProgressMeter meter, CancellationToken cancellationToken)
    {
        var retry = CreateRetry(file, meter);
        var (whole, changed) = (false, false);
        while (true)
        {
            var resumed = partial.ReceivedBytes > 0;
            string actual;
            try
            {
                actual = whole ? await ReceiveWholeAsync(file, partial, source, retry, meter, cancellationToken) : await new FilePass(partial, file, source, _options, retry, meter, _time).RunAsync(whole: false, cancellationToken);
            }
            catch (StartOverException ex) when (ex.WithoutRanges ? !whole : !changed)
            {
                (whole, changed) = (whole || ex.WithoutRanges, changed || !ex.WithoutRanges);
                Notify(meter, file, $"{ex.Message}; starting over{(whole ? " in one piece" : "")}");
                partial.Discard();
                continue;
            }
            catch (StartOverException ex)
            {
                partial.Discard();
                throw new ModelException($"'{file.Name}' could not be pulled: {ex.Message}, again and again. Try another source or mirror.", ex);
            }

            if (string.Equals(actual, file.Sha256, StringComparison.Ordinal))
            {
                return;
            }

            if (!resumed)
            {
                partial.Delete();
                throw new ModelException(
                    $"'{file.Name}' from {source.Address.Host} has SHA-256 {actual}; it must have {file.Sha256}. What was received is removed. " +
                    "Pull again, or from another source or mirror.");
            }

            Notify(meter, file, $"SHA-256 is {actual}, not {file.Sha256}: what an earlier pull left does not fit; starting over");
            partial.Discard();
        }
    }

    private async Task<string> ReceiveWholeAsync(
        CatalogFile file, PartialFile partial, RangeSource source, ResiliencePipeline retry, ProgressMeter meter, CancellationToken cancellationToken) =>
        await retry.ExecuteAsync(
            async token =>
            {
                partial.Discard();
                return await new FilePass(partial, file, source, _options, retry, meter, _time).RunAsync(whole: true, token);
            },
            cancellationToken);

    private ResiliencePipeline CreateRetry(CatalogFile file, ProgressMeter meter) =>
        new ResiliencePipelineBuilder { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<TransferException>(),
                MaxRetryAttempts = _options.Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = s_shortestWait,
                MaxDelay = s_longestWait,
                DelayGenerator = static attempt => ValueTask.FromResult((attempt.Outcome.Exception as TransferException)?.RetryAfter),
                OnRetry = attempt =>
                {
                    Notify(meter, file, $"{attempt.Outcome.Exception?.Message}; trying again in {attempt.RetryDelay.TotalSeconds:0} s");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    private void Notify(ProgressMeter meter, CatalogFile file, string notice)
    {
        LogNotice(file.Name, notice);
        meter.Report(notice);
    }

    [LoggerMessage(EventId = 900, Level = LogLevel.Information, Message = "{File}: {Notice}")]
    private partial void LogNotice(string file, string notice);
}
