using BlobCaptioner.Models;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Brings a worker's model files: from its share, or downloaded.</summary>
public static partial class ModelFinder
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    /// <summary>The two files of the model that the settings name; downloaded into <see cref="ModelOptions.Directory"/> where they are missing.</summary>
    /// <param name="options">Which; not <see cref="ModelOptions.IsSample"/>.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logging">Told of a download's progress, every ten seconds.</param>
    /// <param name="cancellationToken">Stops; what was received is kept.</param>
    /// <exception cref="ModelException">It could not be found or downloaded; the message says why and the way out.</exception>
    public static async Task<ModelPaths> FindAsync(ModelOptions options, TimeProvider time, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        if (options is { Path: { Length: > 0 } path, MmprojPath: { Length: > 0 } mmproj })
        {
            return new(Require(path, nameof(ModelOptions.Path)), Require(mmproj, nameof(ModelOptions.MmprojPath)));
        }

        var name = options.Name ?? throw new ModelException($"No model is named. Set '{ModelOptions.Section}__{nameof(ModelOptions.Name)}'.");
        var directory = new ModelDirectory(options.Directory, time, logging.CreateLogger<ModelDirectory>());
        if (directory.Find(name, options.Vision) is { } present)
        {
            return present;
        }

        var logger = logging.CreateLogger(typeof(ModelFinder));
        Downloading(logger, name, directory.FullPath);
        var pull = new ModelPullOptions { Source = options.Source, Mirror = options.Mirror };
        return await directory.EnsureAsync(name, options.Vision, pull, new Progress(logger, time), cancellationToken);
    }

    private static string Require(string path, string setting) =>
        File.Exists(path)
            ? path
            : throw new ModelException(
                $"'{ModelOptions.Section}__{setting}' is '{path}'; there is no such file. Mount the share that holds it, or name a model in '{ModelOptions.Section}__{nameof(ModelOptions.Name)}'.");

    [LoggerMessage(1110, LogLevel.Information, "The model '{Name}' is not in '{Directory}'; downloading it")]
    private static partial void Downloading(ILogger logger, string name, string directory);

    [LoggerMessage(1111, LogLevel.Information, "'{File}': {Percent} % of {Total} bytes")]
    private static partial void Told(ILogger logger, string file, long percent, long total);

    private sealed class Progress(ILogger logger, TimeProvider time) : IProgress<ModelProgress>
    {
        private readonly Lock _gate = new();
        private long _last = time.GetTimestamp();

        public void Report(ModelProgress value)
        {
            lock (_gate)
            {
                if (time.GetElapsedTime(_last) < Between)
                {
                    return;
                }

                _last = time.GetTimestamp();
            }

            Told(logger, value.File, value.PresentBytes * 100 / Math.Max(1, value.TotalBytes), value.TotalBytes);
        }
    }
}
